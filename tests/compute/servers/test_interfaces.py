"""A server's network interfaces over the wire: plugged in and out of machines that run, and of those that do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers
from tests.network import scene

Json = dict[str, Any]
Refused = Callable[..., str]

NOBODY = "00000000-0000-4000-8000-000000000000"


def attach(servers: Servers, server_id: str, version: str = "2.104", **wish: Any) -> Any:
    body = {"interfaceAttachment": wish} if wish else {}
    return servers.project.compute_at(version).post(f"/servers/{server_id}/os-interface", json=body)


def attached(servers: Servers, server_id: str, **wish: Any) -> Json:
    answer = attach(servers, server_id, **wish)
    assert answer.status_code == 200, answer.text
    return answer.json()["interfaceAttachment"]


def detach(servers: Servers, server_id: str, port_id: str) -> Any:
    return servers.project.compute_at("2.104").delete(f"/servers/{server_id}/os-interface/{port_id}")


def listed(servers: Servers, server_id: str) -> list[Json]:
    answer = servers.project.compute_at("2.104").get(f"/servers/{server_id}/os-interface")
    assert answer.status_code == 200, answer.text
    return answer.json()["interfaceAttachments"]


def machine(project: Project) -> Json:
    (vm,) = project.objects("/apis/kubevirt.io/v1/virtualmachines")
    return vm["spec"]["template"]


def names_of(project: Project) -> list[str]:
    return [one["name"] for one in machine(project)["spec"].get("networks") or ()]


@pytest.fixture
def networks(project: Project) -> tuple[str, str]:
    return scene.segment(project)[0]["id"], scene.segment(project, "10.8.0.0/24")[0]["id"]


@pytest.fixture
def server_id(servers: Servers, networks: tuple[str, str]) -> str:
    return servers.make(networks=[{"uuid": networks[0]}])["id"]


def test_a_running_guest_gets_an_interface_and_loses_it(
    servers: Servers, networks: tuple[str, str], server_id: str
) -> None:
    zone = servers.show(server_id)["OS-EXT-AZ:availability_zone"]  # KubeVirt may move the guest to plug it in
    new = attached(servers, server_id, net_id=networks[1], tag="back")
    assert (new["net_id"], new["tag"]) == (networks[1], "back")
    (address,) = new["fixed_ips"]
    assert address["ip_address"].startswith("10.8.0.")
    one = f"/servers/{server_id}/os-interface/{new['port_id']}"
    compute = servers.project.compute_at("2.104")
    wait_for(
        lambda: compute.get(one).json()["interfaceAttachment"]["port_state"] == "ACTIVE", "KubeVirt to plug it in", 60
    )
    server = servers.until(server_id, "ACTIVE")
    assert {entry["addr"] for entry in server["addresses"]["private"]} > {address["ip_address"]}
    port = scene.show(servers.project, "ports", new["port_id"])
    assert (port["device_id"], port["device_owner"]) == (server_id, f"compute:{zone}")
    assert detach(servers, server_id, new["port_id"]).status_code == 202
    assert [entry["net_id"] for entry in listed(servers, server_id)] == [networks[0]]
    assert len(servers.show(server_id)["addresses"]["private"]) == 1
    assert servers.project.network.get(f"/ports/{new['port_id']}").status_code == 404
    wait_for(lambda: len(names_of(servers.project)) == 1, "KubeVirt to take it out", 60)
    told = machine(servers.project)["metadata"]["annotations"]
    assert not [key for key in told if ".ovn.kubernetes.io/" in key]
    actions = compute.get(f"/servers/{server_id}/os-instance-actions").json()["instanceActions"]
    assert [one["action"] for one in actions[:2]] == ["detach_interface", "attach_interface"]
    servers.delete(server_id)
    wait_for(lambda: not servers.left(), "nothing to be left")


def test_a_stopped_server_loses_all_and_gets_them_again(
    servers: Servers, networks: tuple[str, str], server_id: str
) -> None:
    servers.act(server_id, {"os-stop": None})
    servers.until(server_id, "SHUTOFF")
    (first,) = listed(servers, server_id)
    assert detach(servers, server_id, first["port_id"]).status_code == 202
    assert names_of(servers.project) == []
    assert servers.show(server_id)["addresses"] == {}
    for network, kind in zip(networks, ("pod", "multus"), strict=True):
        attached(servers, server_id, net_id=network)
        assert kind in machine(servers.project)["spec"]["networks"][-1]
    servers.act(server_id, {"os-start": None})
    servers.until(server_id, "ACTIVE")
    assert [one["port_state"] for one in listed(servers, server_id)] == ["ACTIVE", "ACTIVE"]
    servers.delete(server_id)
    wait_for(lambda: not servers.left(), "nothing to be left")


def test_a_port_of_ones_own_is_free_afterwards(servers: Servers, networks: tuple[str, str], server_id: str) -> None:
    port = scene.make(servers.project, "ports", network_id=networks[1])
    new = attached(servers, server_id, port_id=port["id"])
    assert (new["mac_addr"], new["fixed_ips"]) == (port["mac_address"], port["fixed_ips"])
    assert message(attach(servers, server_id, port_id=port["id"])) == f"Port {port['id']} is still in use."
    assert detach(servers, server_id, port["id"]).status_code == 202
    free = scene.show(servers.project, "ports", port["id"])
    assert (free["device_id"], free["device_owner"], free["status"]) == ("", "", "DOWN")


def test_an_address_of_ones_choice(servers: Servers, networks: tuple[str, str], server_id: str, refused: Refused):
    wish = {"net_id": networks[1], "fixed_ips": [{"ip_address": "10.8.0.77"}]}
    assert [one["ip_address"] for one in attached(servers, server_id, **wish)["fixed_ips"]] == ["10.8.0.77"]
    other = servers.make()["id"]
    sentence = f"Fixed IP address 10.8.0.77 is already in use on instance {other}."
    assert refused(attach(servers, other, **wish), 409, "conflictingRequest") == sentence
    refused(
        attach(servers, other, net_id=networks[1], fixed_ips=[{"ip_address": "192.0.2.1"}]),
        400,
        "badRequest",
    )


def test_the_pods_own_interface_of_a_running_guest_stays(servers: Servers, server_id: str, refused: Refused) -> None:
    (first,) = listed(servers, server_id)
    sentence = "The requested functionality is not supported."
    assert refused(detach(servers, server_id, first["port_id"]), 501, "notImplemented") == sentence
    assert listed(servers, server_id) == [first]


def test_what_is_refused_leaves_nothing(servers: Servers, networks: tuple[str, str], server_id: str, refused: Refused):
    before = scene.make(servers.project, "ports", network_id=networks[1])
    refusals: list[tuple[Json, int, str, str]] = [
        ({"net_id": NOBODY}, 404, "itemNotFound", f"Network {NOBODY} could not be found."),
        ({"port_id": NOBODY}, 404, "itemNotFound", f"Port id {NOBODY} could not be found."),
        (
            {"net_id": networks[1], "port_id": before["id"]},
            400,
            "badRequest",
            "Must not input both network_id and port_id",
        ),
        (
            {"fixed_ips": [{"ip_address": "10.8.0.9"}]},
            400,
            "badRequest",
            "Must input network_id when request IP address",
        ),
        ({}, 400, "badRequest", "Multiple possible networks found, use a Network ID to be more specific."),
    ]
    for wish, status, key, sentence in refusals:
        assert refused(attach(servers, server_id, **wish), status, key) == sentence
    ports = servers.project.network.get("/ports").json()["ports"]
    assert len(ports) == 2
    assert len(names_of(servers.project)) == 1


def test_without_a_network_there_is_none_to_attach(servers: Servers, refused: Refused) -> None:
    sentence = f"No specific network was requested and none are available for project '{servers.project.project_id}'."
    assert refused(attach(servers, servers.make()["id"]), 400, "badRequest") == sentence


def test_the_only_network_is_the_choice(servers: Servers) -> None:
    network_id = servers.network()
    server_id = servers.make()["id"]
    assert attached(servers, server_id)["net_id"] == network_id


def test_a_port_of_another_project(
    cloud: Cloud, servers: Servers, server_id: str, other_project: Project, refused: Refused
) -> None:
    network, _ = scene.segment(other_project)
    port = scene.make(other_project, "ports", network_id=network["id"])
    refused(attach(servers, server_id, port_id=port["id"]), 404, "itemNotFound")
    path = f"/servers/{server_id}/os-interface"
    body = {"interfaceAttachment": {"port_id": port["id"]}}
    sentence = f"Port {port['id']} not usable for instance {server_id}."
    assert refused(cloud.admin.compute.post(path, json=body), 400, "badRequest") == sentence


def test_an_administrators_port_is_the_projects(
    cloud: Cloud, servers: Servers, networks: tuple[str, str], server_id: str
) -> None:
    body = {"interfaceAttachment": {"net_id": networks[1]}}
    answer = cloud.admin.compute.post(f"/servers/{server_id}/os-interface", json=body)
    assert answer.status_code == 200, answer.text
    port = scene.show(servers.project, "ports", answer.json()["interfaceAttachment"]["port_id"])
    assert port["project_id"] == servers.project.project_id


def test_locked_or_busy_servers_stay_as_they_are(
    servers: Servers, networks: tuple[str, str], server_id: str, refused: Refused
) -> None:
    (first,) = listed(servers, server_id)
    servers.act(server_id, {"lock": None})
    for answer in (attach(servers, server_id, net_id=networks[1]), detach(servers, server_id, first["port_id"])):
        assert refused(answer, 409, "conflictingRequest") == f"Instance {server_id} is locked"
    servers.act(server_id, {"unlock": None})
    servers.act(server_id, {"shelve": None})
    servers.until(server_id, "SHELVED_OFFLOADED")
    words = f"instance {server_id} while it is in vm_state shelved_offloaded"
    answer = attach(servers, server_id, net_id=networks[1])
    assert refused(answer, 409, "conflictingRequest") == f"Cannot 'attach_interface' {words}"
    answer = detach(servers, server_id, first["port_id"])
    assert refused(answer, 409, "conflictingRequest") == f"Cannot 'detach_interface' {words}"


def test_what_is_not_attached_cannot_be_detached(
    servers: Servers, networks: tuple[str, str], server_id: str, refused: Refused
) -> None:
    port = scene.make(servers.project, "ports", network_id=networks[1])
    refused(detach(servers, server_id, port["id"]), 404, "itemNotFound")
    assert scene.show(servers.project, "ports", port["id"])["device_id"] == ""


@pytest.mark.parametrize(("version", "keys"), [("2.48", {"tag"}), ("2.69", {"tag"}), ("2.70", set[str]())])
def test_tags_by_version(
    servers: Servers, networks: tuple[str, str], server_id: str, version: str, keys: set[str]
) -> None:
    refused_by = attach(servers, server_id, "2.48", net_id=networks[1], tag="x")
    assert refused_by.status_code == 400
    answer = attach(servers, server_id, version, net_id=networks[1])
    assert answer.status_code == 200, answer.text
    every = {"net_id", "port_id", "mac_addr", "port_state", "fixed_ips", "tag"}
    assert set(answer.json()["interfaceAttachment"]) == every - keys
