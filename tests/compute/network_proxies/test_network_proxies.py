"""Neutron's networks, floating IPs and security groups through Nova, until 2.35: what is shown, made and refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, shape
from tests.network import scene

Json = dict[str, Any]
NOBODY = scene.NOBODY


@pytest.mark.parametrize(
    "path",
    [
        *("/os-networks", "/os-tenant-networks", "/os-floating-ip-pools", "/os-floating-ips", "/os-security-groups"),
        *(f"/os-{kind}/{NOBODY}" for kind in ("networks", "tenant-networks", "floating-ips", "security-groups")),
    ],
)
def test_gone_from_2_36_on(project: Project, path: str):
    known = {200} if path.count("/") == 1 else {404}
    before, after = (project.compute_at(version).get(path) for version in ("2.35", "2.36"))
    assert before.status_code in known
    assert after.status_code == 404
    assert path.count("/") == 1 or before.json() != after.json()


def test_networks(cloud: Cloud, project: Project, other_project: Project):
    network, _ = scene.segment(project)
    shown = project.compute.get(f"/os-networks/{network['id']}").json()["network"]
    assert (shown["id"], shown["label"], shown["cidr"]) == (network["id"], "private", None)
    assert shown in project.compute.get("/os-networks").json()["networks"]
    as_recorded = shape(answer("nova-256")["networks"][0])
    assert shape(cloud.admin.compute.get(f"/os-networks/{network['id']}").json()["network"]) == as_recorded
    tenant = {"id": network["id"], "cidr": "None", "label": "private"}
    assert project.compute.get(f"/os-tenant-networks/{network['id']}").json() == {"network": tenant}
    assert tenant in project.compute.get("/os-tenant-networks").json()["networks"]
    for kind in ("os-networks", "os-tenant-networks"):
        hidden = other_project.compute.get(f"/{kind}/{network['id']}")
        assert (hidden.status_code, message(hidden)) == (404, "Network not found")
        assert network["id"] not in other_project.compute.get(f"/{kind}").text


def test_floating_ips(project: Project, other_project: Project):
    public = scene.public(project)
    assert {"name": public["name"]} in project.compute.get("/os-floating-ip-pools").json()["floating_ip_pools"]
    made = project.compute.post("/os-floating-ips", json={"pool": public["name"]})
    assert made.status_code == 200, made.text
    floating = made.json()["floating_ip"]
    told = {"fixed_ip": None, "instance_id": None, "pool": public["name"], "id": floating["id"], "ip": floating["ip"]}
    assert floating == told
    path = f"/os-floating-ips/{floating['id']}"
    assert project.compute.get(path).json() == {"floating_ip": told}
    assert project.compute.get("/os-floating-ips").json() == {"floating_ips": [told]}
    assert scene.show(project, "floatingips", floating["id"])["floating_ip_address"] == floating["ip"]
    for refused in (other_project.compute.get(path), other_project.compute.delete(path)):
        assert (refused.status_code, message(refused)) == (404, f"Floating IP not found for ID {floating['id']}")
    assert project.compute.delete(path).status_code == 202
    assert project.network.get("/floatingips").json() == {"floatingips": []}
    lost = project.compute.post("/os-floating-ips", json={"pool": "no-such"})
    assert (lost.status_code, message(lost)) == (404, "Floating IP pool not found.")


def test_a_floating_ip_tells_its_server(project: Project):
    network, _, _ = scene.routed(project)
    image = project.image.get("/images?visibility=public").json()["images"][0]["id"]
    body = {"name": "web", "imageRef": image, "flavorRef": "1", "networks": [{"uuid": network["id"]}]}
    server = project.compute.post("/servers", json={"server": body}).json()["server"]["id"]
    (port,) = project.compute.get(f"/servers/{server}/os-interface").json()["interfaceAttachments"]
    made = scene.make(project, "floatingips", floating_network_id=scene.public(project)["id"], port_id=port["port_id"])
    shown = project.compute.get(f"/os-floating-ips/{made['id']}").json()["floating_ip"]
    assert (shown["instance_id"], shown["fixed_ip"]) == (server, made["fixed_ip_address"])


def test_security_groups(project: Project, other_project: Project):
    (default,) = project.compute.get("/os-security-groups").json()["security_groups"]
    assert shape(default) == shape(answer("nova-255")["security_groups"][0])
    body = {"security_group": {"name": "web", "description": "servers"}}
    made = project.compute.post("/os-security-groups", json=body)
    assert made.status_code == 200, made.text
    group = made.json()["security_group"]
    assert (group["name"], group["tenant_id"], group["rules"]) == ("web", project.project_id, [])
    path = f"/os-security-groups/{group['id']}"
    body = {"security_group": {"name": "web2", "description": "all"}}
    assert project.compute.put(path, json=body).json()["security_group"] == {
        **group, "name": "web2", "description": "all",
    }  # fmt: skip
    assert [one["name"] for one in project.compute.get("/os-security-groups?limit=1&offset=1").json()[
        "security_groups"]] == ["web2"]  # fmt: skip
    for call in (other_project.compute.get(path), other_project.compute.delete(path)):
        assert call.status_code == 404
    odd = project.compute.get("/os-security-groups/web")
    assert (odd.status_code, message(odd)) == (400, "Security group id should be uuid")
    network, _ = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"], security_groups=[group["id"]])
    used = project.compute.delete(path)
    assert (used.status_code, message(used)) == (400, f"Security Group {group['id']} in use.")
    scene.delete(project, "ports", port["id"])
    assert project.compute.delete(path).status_code == 202
    assert project.compute.get(path).status_code == 404
    twice = project.compute.post("/os-security-groups", json={"security_group": {"name": "default", "description": ""}})
    assert twice.status_code == 403


def rule(project: Project, group: str, **wish: Any) -> Any:
    body = {"security_group_rule": {"parent_group_id": group, **wish}}
    return project.compute.post("/os-security-group-rules", json=body)


def test_rules(project: Project, other_project: Project):
    group = scene.make(project, "security-groups", name="web")["id"]
    web = {"ip_protocol": "tcp", "from_port": 80, "to_port": "81", "cidr": "10.0.0.0/8"}
    made = rule(project, group, **web)
    assert made.status_code == 200, made.text
    told = made.json()["security_group_rule"]
    assert told == {
        "id": told["id"], "parent_group_id": group, "ip_protocol": "tcp", "from_port": 80, "to_port": 81, "group": {},
        "ip_range": {"cidr": "10.0.0.0/8"},
    }  # fmt: skip
    ping = rule(project, group, ip_protocol="ICMP", from_port=-1, to_port=-1, cidr="::/0").json()["security_group_rule"]
    assert (ping["from_port"], ping["to_port"], ping["ip_range"]) == (-1, -1, {"cidr": "::/0"})
    source = rule(project, group, group_id=group, ip_protocol="udp").json()["security_group_rule"]
    assert (source["group"], source["from_port"], source["to_port"]) == (
        {"name": "web", "tenant_id": project.project_id}, 1, 65535,
    )  # fmt: skip
    twice = rule(project, group, **web)
    assert (twice.status_code, message(twice)) == (400, f"This rule already exists in group {group}")
    path = f"/os-security-group-rules/{told['id']}"
    assert other_project.compute.delete(path).status_code == 404
    assert project.compute.delete(path).status_code == 202
    shown = project.compute.get(f"/os-security-groups/{group}").json()["security_group"]["rules"]
    assert {one["id"] for one in shown} == {ping["id"], source["id"]}


@pytest.mark.parametrize(
    ("wish", "text"),
    [
        ({}, "Not enough parameters to build a valid rule."),
        ({"ip_protocol": "tcp", "from_port": 1}, "Not enough parameters to build a valid rule."),
        ({"ip_protocol": "tcp", "from_port": "a", "to_port": 2},
         "Invalid input received: To and From ports must be integers"),
        ({"ip_protocol": "icmp", "from_port": "a", "to_port": 2},
         "Invalid input received: Type and Code must be integers for ICMP protocol type"),
        ({"ip_protocol": "sctp", "from_port": 1, "to_port": 2}, "Invalid IP protocol sctp."),
        ({"ip_protocol": "tcp", "from_port": 3, "to_port": 2},
         "Invalid port range 3:2. Former value cannot be greater than the later"),
        ({"ip_protocol": "udp", "from_port": 0, "to_port": 2},
         "Invalid port range 0:2. Valid UDP ports should be between 1-65535"),
        ({"ip_protocol": "icmp", "from_port": 256, "to_port": 2},
         "Invalid port range 256:2. For ICMP, the type:code must be valid"),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 2, "cidr": "10.0.0.0/99"},
         "10.0.0.0/99 is not a valid IP network."),
        ({"ip_protocol": "tcp", "from_port": 1, "to_port": 2, "cidr": "10.0.0.0/0"},
         "Bad prefix for network in cidr 10.0.0.0/0"),
    ],
)  # fmt: skip
def test_rules_that_are_none(project: Project, wish: Json, text: str):
    group = project.compute.get("/os-security-groups").json()["security_groups"][0]
    refused = rule(project, group["id"], **wish)
    assert (refused.status_code, message(refused)) == (400, text)
    assert project.compute.get("/os-security-groups").json()["security_groups"] == [group]


def test_rules_of_groups_that_are_not_there(project: Project, other_project: Project):
    theirs = other_project.compute.get("/os-security-groups").json()["security_groups"][0]["id"]
    for parent in (NOBODY, theirs):
        assert rule(project, parent, ip_protocol="tcp", from_port=1, to_port=2).status_code == 404
    mine = project.compute.get("/os-security-groups").json()["security_groups"][0]["id"]
    assert rule(project, mine, group_id=theirs).status_code == 404
    assert project.compute.delete(f"/os-security-group-rules/{NOBODY}").status_code == 404
    assert project.compute.delete("/os-security-group-rules/x").status_code == 400
