"""What servers ask of the network: which ports they get, how they are refused, and what is left when they go."""

from __future__ import annotations

from typing import Any

import httpx2

from tests.cloud import Project, wait_for
from tests.network import scene

Json = dict[str, Any]


def boot(project: Project, networks: Any, **attributes: Any) -> httpx2.Response:
    compute = project.compute_at("2.90")
    image = project.image.get("/images").json()["images"][0]["id"]
    flavor = compute.get("/flavors").json()["flavors"][0]["id"]
    wish = {"name": "web", "imageRef": image, "flavorRef": flavor, "networks": networks, **attributes}
    return compute.post("/servers", json={"server": wish})


def booted(project: Project, networks: Any, **attributes: Any) -> Json:
    answer = boot(project, networks, **attributes)
    assert answer.status_code == 202, answer.text
    path = f"/servers/{answer.json()['server']['id']}"

    def running() -> Json | None:
        server = project.compute.get(path).json()["server"]
        assert server["status"] != "ERROR", server
        return server if server["status"] == "ACTIVE" else None

    return wait_for(running, "ACTIVE")


def gone(project: Project, server: Json) -> None:
    path = f"/servers/{server['id']}"
    assert project.compute.delete(path).status_code == 204
    wait_for(lambda: project.compute.get(path).status_code == 404, "the server to go")


def left(project: Project, plural: str) -> list[Json]:
    return project.objects(f"/apis/network.dicot.io/v1alpha1/{plural}")


def refusal(answer: httpx2.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    return next(iter(answer.json().values()))["message"]


def test_the_only_network_is_used(project: Project) -> None:
    scene.segment(project)
    server = booted(project, "auto")
    (entry,) = server["addresses"]["private"]
    assert entry["addr"].startswith("10.7.0.")
    (port,) = project.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    assert port["device_owner"].startswith("compute:")
    gone(project, server)
    assert left(project, "ports") == left(project, "ipaddresses") == []


def test_several_networks_are_too_many_to_choose_from(project: Project) -> None:
    scene.segment(project)
    scene.segment(project, "10.8.0.0/24")
    message = refusal(boot(project, "auto"), 409)
    assert message == "Multiple possible networks found, use a Network ID to be more specific."


def test_a_network_is_made_where_there_is_none(project: Project) -> None:
    server = booted(project, "auto")
    assert list(server["addresses"]) == ["auto_allocated_network"]
    assert len(left(project, "routers")) == 1
    other = booted(project, "auto")
    assert list(other["addresses"]) == ["auto_allocated_network"]
    assert len(left(project, "networks")) == 1


def test_none_is_none(project: Project) -> None:
    scene.segment(project)
    server = booted(project, "none")
    assert server["addresses"] == {}
    assert left(project, "ports") == []


def test_a_port_of_the_users_survives(project: Project) -> None:
    network, _ = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.50"}])
    server = booted(project, [{"port": port["id"]}])
    assert server["addresses"]["private"][0]["addr"] == "10.7.0.50"
    assert scene.show(project, "ports", port["id"])["status"] == "ACTIVE"
    scene.error(project.network.delete(f"/ports/{port['id']}"), 409, "PortInUse")
    assert refusal(boot(project, [{"port": port["id"]}]), 409) == f"Port {port['id']} is still in use."
    gone(project, server)
    assert scene.show(project, "ports", port["id"])["device_id"] == ""
    scene.delete(project, "ports", port["id"])


def test_a_particular_address(project: Project) -> None:
    network, _ = scene.segment(project)
    wish = [{"uuid": network["id"], "fixed_ip": "10.7.0.77"}]
    server = booted(project, wish)
    assert server["addresses"]["private"][0]["addr"] == "10.7.0.77"
    assert "10.7.0.77" in refusal(boot(project, wish), 400)
    assert len(left(project, "ports")) == 1
    gone(project, server)


def test_two_networks(project: Project) -> None:
    one, _ = scene.segment(project)
    other, _ = scene.segment(project, "10.8.0.0/24")
    scene.change(project, "networks", other["id"], name="back")
    server = booted(project, [{"uuid": one["id"]}, {"uuid": other["id"]}])
    assert list(server["addresses"]) == ["private", "back"]
    (vm,) = project.objects("/apis/kubevirt.io/v1/virtualmachines")
    kinds = [next(key for key in entry if key != "name") for entry in vm["spec"]["template"]["spec"]["networks"]]
    assert kinds == ["pod", "multus"]
    notes = vm["spec"]["template"]["metadata"]["annotations"]
    assert {one["addr"] for one in server["addresses"]["back"]} == {
        value for key, value in notes.items() if key.endswith(".ovn.kubernetes.io/ip_address")
    }


def test_wrong_wishes_leave_nothing(project: Project, other_project: Project) -> None:
    foreign, _ = scene.segment(other_project)
    mine, _ = scene.segment(project)
    bare = scene.make(project, "networks", name="bare")
    for network in (foreign["id"], scene.NOBODY):
        assert refusal(boot(project, [{"uuid": network}]), 400) == f"Network {network} could not be found."
    assert "requires a subnet" in refusal(boot(project, [{"uuid": bare["id"]}]), 400)
    assert scene.NOBODY in refusal(boot(project, [{"port": scene.NOBODY}]), 400)
    both = [{"uuid": mine["id"]}, {"uuid": scene.NOBODY}]
    refusal(boot(project, both), 400)
    groups = [{"name": "nosuch"}]
    assert "nosuch" in refusal(boot(project, [{"uuid": mine["id"]}], security_groups=groups), 400)
    assert left(project, "ports") == left(project, "ipaddresses") == []
    assert project.objects("/apis/kubevirt.io/v1/virtualmachines") == []


def test_floating_addresses_are_shown(project: Project) -> None:
    network, _, _ = scene.routed(project)
    server = booted(project, [{"uuid": network["id"]}])
    (port,) = project.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    outside = scene.public(project)["id"]
    floating = scene.make(project, "floatingips", floating_network_id=outside, port_id=port["id"])
    told = project.compute.get(f"/servers/{server['id']}").json()["server"]["addresses"]["private"]
    assert {"floating": floating["floating_ip_address"], "fixed": port["fixed_ips"][0]["ip_address"]} == {
        one["OS-EXT-IPS:type"]: one["addr"] for one in told
    }
    assert {one["OS-EXT-IPS-MAC:mac_addr"] for one in told} == {port["mac_address"]}
    gone(project, server)
    assert scene.show(project, "floatingips", floating["id"])["port_id"] is None


def test_the_link_follows_the_port(project: Project) -> None:
    scene.segment(project)
    server = booted(project, "auto")
    (port,) = project.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]

    def link() -> str:
        (vm,) = project.objects("/apis/kubevirt.io/v1/virtualmachines")
        (interface,) = vm["spec"]["template"]["spec"]["domain"]["devices"]["interfaces"]
        return interface.get("state", "up")

    for up, wanted, status in ((False, "down", "DOWN"), (True, "up", "ACTIVE")):
        changed = scene.change(project, "ports", port["id"], admin_state_up=up)
        assert changed.json()["port"]["status"] == status
        assert link() == wanted


def test_security_groups_of_a_server(project: Project) -> None:
    scene.segment(project)
    group = scene.make(project, "security-groups", name="web")
    server = booted(project, "auto", security_groups=[{"name": "web"}])
    assert server["security_groups"] == [{"name": "web"}]
    (port,) = project.network.get("/ports", params={"security_groups": group["id"]}).json()["ports"]
    assert port["device_id"] == server["id"]
