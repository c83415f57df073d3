"""What belongs to a server: metadata, tags, addresses, groups, over the wire."""

from __future__ import annotations

import pytest


@pytest.fixture
def server_id(servers):
    return servers.make(metadata={"m1": "v1"})["id"]


def test_metadata(servers, server_id, refused):
    compute, path = servers.project.compute, f"/servers/{server_id}/metadata"
    assert compute.get(path).json() == {"metadata": {"m1": "v1"}}
    assert compute.post(path, json={"metadata": {"m2": "v2"}}).json() == {"metadata": {"m1": "v1", "m2": "v2"}}
    assert compute.put(path, json={"metadata": {"k": "v"}}).json() == {"metadata": {"k": "v"}}
    assert compute.put(f"{path}/x", json={"meta": {"x": "y"}}).json() == {"meta": {"x": "y"}}
    assert compute.get(f"{path}/x").json() == {"meta": {"x": "y"}}
    mismatch = compute.put(f"{path}/x", json={"meta": {"z": "y"}})
    assert refused(mismatch, 400, "badRequest") == "Request body and URI mismatch"
    assert compute.delete(f"{path}/x").status_code == 204
    missing = compute.delete(f"{path}/x")
    assert refused(missing, 404, "itemNotFound") == "Metadata item was not found"
    refused(compute.post(path, json={"metadata": {"k" * 256: "v"}}), 400, "badRequest")
    refused(compute.post(path, json={"metadata": {"k": "v" * 256}}), 400, "badRequest")
    many = {f"k{number}": "v" for number in range(129)}
    refused(compute.put(path, json={"metadata": many}), 403, "forbidden")


def test_tags(servers, server_id, refused):
    compute, path = servers.project.compute_at("2.26"), f"/servers/{server_id}/tags"
    assert compute.put(path, json={"tags": ["a", "b", "a"]}).json() == {"tags": ["a", "b"]}
    added = compute.put(f"{path}/c")
    assert (added.status_code, added.content) == (201, b"")
    assert added.headers["Location"].endswith(f"/servers/{server_id}/tags/c")
    assert compute.put(f"{path}/c").status_code == 204
    assert compute.get(f"{path}/c").status_code == 204
    assert compute.delete(f"{path}/a").status_code == 204
    missing = compute.get(f"{path}/zz")
    assert refused(missing, 404, "itemNotFound") == f"Server {server_id} has no tag 'zz'"
    assert compute.get(path).json() == {"tags": ["b", "c"]}
    assert compute.delete(path).status_code == 204
    assert compute.get(path).json() == {"tags": []}
    refused(compute.put(f"{path}/{'x' * 61}"), 400, "badRequest")
    refused(servers.project.compute_at("2.25").get(path), 404, "itemNotFound")


def test_addresses(servers, refused):
    servers.network()
    server_id = servers.make(networks="auto")["id"]
    compute = servers.project.compute
    everything = compute.get(f"/servers/{server_id}/ips").json()["addresses"]
    assert set(everything["net"][0]) == {"version", "addr"}
    assert compute.get(f"/servers/{server_id}/ips/net").json() == everything
    missing = compute.get(f"/servers/{server_id}/ips/nosuch")
    assert refused(missing, 404, "itemNotFound") == "Instance is not a member of specified network"


def test_groups(servers, refused):
    servers.network()
    server_id = servers.make(networks="auto")["id"]
    group = {"name": "more", "description": ""}
    made = servers.project.network.post("/security-groups", json={"security_group": group})
    assert made.status_code == 201, made.text
    assert servers.act(server_id, {"addSecurityGroup": {"name": "more"}}).status_code == 202
    listed = servers.project.compute.get(f"/servers/{server_id}/os-security-groups").json()["security_groups"]
    assert [one["name"] for one in listed] == ["default", "more"]
    assert {"id", "description", "name", "tenant_id", "rules"} == set(listed[0])
    assert servers.act(server_id, {"removeSecurityGroup": {"name": "more"}}).status_code == 202
    refused(servers.act(server_id, {"removeSecurityGroup": {"name": "more"}}), 404, "itemNotFound")
    refused(servers.act(server_id, {"addSecurityGroup": {"name": "nosuch"}}), 404, "itemNotFound")


def test_interfaces(servers, refused):
    network_id = servers.network()
    server_id = servers.make(networks=[{"uuid": network_id, "tag": "first"}])["id"]
    compute, path = servers.project.compute_at("2.70"), f"/servers/{server_id}/os-interface"
    (one,) = compute.get(path).json()["interfaceAttachments"]
    assert (one["net_id"], one["tag"], one["port_state"]) == (network_id, "first", "ACTIVE")
    assert compute.get(f"{path}/{one['port_id']}").json()["interfaceAttachment"] == one
    nobody = "00000000-0000-0000-0000-000000000000"
    assert refused(compute.get(f"{path}/{nobody}"), 404, "itemNotFound") == f"Port id {nobody} could not be found."
    refused(compute.delete(f"{path}/{one['port_id']}"), 501, "notImplemented")
