"""Routers: interfaces, gateways and extra routes."""

from __future__ import annotations

from typing import Any

from tests.cloud import Project
from tests.network import scene

Json = dict[str, Any]


def test_gateway_moves_and_goes(project: Project) -> None:
    public = scene.public(project)
    router = scene.make(project, "routers", name="r")
    assert router["external_gateway_info"] is None
    wish = {"network_id": public["id"], "external_fixed_ips": [{"ip_address": "172.24.4.249"}]}
    info = scene.change(project, "routers", router["id"], external_gateway_info=wish).json()["router"]
    fixed = info["external_gateway_info"]["external_fixed_ips"]
    assert [one["ip_address"] for one in fixed] == ["172.24.4.249"]
    again = {"network_id": public["id"], "enable_snat": False}
    info = scene.change(project, "routers", router["id"], external_gateway_info=again).json()["router"]
    assert info["external_gateway_info"] == {**again, "external_fixed_ips": fixed}
    info = scene.change(project, "routers", router["id"], external_gateway_info=None).json()["router"]
    assert info["external_gateway_info"] is None
    # Given back: somebody else may have it now.
    other = scene.make(project, "routers", name="other", external_gateway_info=wish)
    scene.delete(project, "routers", other["id"])
    scene.delete(project, "routers", router["id"])


def test_a_gateway_must_be_external(project: Project) -> None:
    network, _ = scene.segment(project)
    wish = {"router": {"external_gateway_info": {"network_id": network["id"]}}}
    message = scene.error(project.network.post("/routers", json=wish), 400, "BadRequest")
    assert message == f"Bad router request: Network {network['id']} is not an external network."
    assert project.objects("/apis/network.dicot.io/v1alpha1/routers") == []


def test_interfaces(project: Project) -> None:
    network, subnet, router = scene.routed(project)
    path = f"/routers/{router['id']}"
    api = project.network
    port = scene.make(project, "ports", network_id=network["id"])
    message = scene.error(api.put(f"{path}/add_router_interface", json={}), 400, "BadRequest")
    assert message == "Bad router request: Either subnet_id or port_id must be specified."
    both = {"subnet_id": subnet["id"], "port_id": port["id"]}
    scene.error(api.put(f"{path}/add_router_interface", json=both), 400, "BadRequest")
    unknown = {"port_id": scene.NOBODY}
    scene.error(api.put(f"{path}/remove_router_interface", json=unknown), 404, "RouterInterfaceNotFound")
    unknown = {"subnet_id": scene.NOBODY}
    scene.error(api.put(f"{path}/remove_router_interface", json=unknown), 404, "RouterInterfaceNotFoundForSubnet")
    _, overlapping = scene.segment(project, "10.7.0.0/25")
    message = scene.error(
        api.put(f"{path}/add_router_interface", json={"subnet_id": overlapping["id"]}), 400, "BadRequest"
    )
    assert "overlaps with cidr 10.7.0.0/24" in message


def test_what_a_router_cannot_connect(project: Project) -> None:
    scene.segment(project)
    _, apart = scene.segment(project)  # the same addresses, and so a Vpc of its own
    _, other = scene.segment(project, "10.8.0.0/24")
    router = scene.make(project, "routers", name="r")
    path = f"/routers/{router['id']}/add_router_interface"
    assert project.network.put(path, json={"subnet_id": other["id"]}).status_code == 200
    answer = project.network.put(path, json={"subnet_id": apart["id"]})
    assert "lives in another Vpc" in scene.error(answer, 409, "HTTPConflict")
    outside = scene.public(project)["subnets"][0]
    answer = project.network.put(path, json={"subnet_id": outside})
    assert "belongs to another project" in scene.error(answer, 400, "BadRequest")


def test_an_interface_through_a_port(project: Project) -> None:
    network, _ = scene.segment(project)
    router = scene.make(project, "routers", name="r")
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.7"}])
    path = f"/routers/{router['id']}"
    added = project.network.put(f"{path}/add_router_interface", json={"port_id": port["id"]})
    assert added.status_code == 200, added.text
    assert added.json()["port_id"] == port["id"]
    assert scene.show(project, "ports", port["id"])["device_id"] == router["id"]
    again = project.network.put(f"{path}/add_router_interface", json={"port_id": port["id"]})
    scene.error(again, 409, "PortInUse")
    scene.error(project.network.delete(path), 409, "RouterInUse")
    removed = project.network.put(f"{path}/remove_router_interface", json={"port_id": port["id"]})
    assert removed.status_code == 200
    assert project.network.get(f"/ports/{port['id']}").status_code == 404


def test_extra_routes(project: Project) -> None:
    _, subnet, router = scene.routed(project)
    path = f"/routers/{router['id']}"
    one = {"destination": "198.51.100.0/24", "nexthop": "10.7.0.20"}
    two = {"destination": "192.0.2.0/24", "nexthop": "10.7.0.21"}

    def edit(verb: str, *routes: Json) -> Any:
        return project.network.put(f"{path}/{verb}_extraroutes", json={"router": {"routes": list(routes)}})

    assert edit("add", one).json()["router"]["routes"] == [one]
    assert edit("add", one, two).json()["router"]["routes"] == [one, two]
    assert edit("remove", one).json()["router"]["routes"] == [two]
    scene.error(edit("add", {"destination": "192.0.2.0/24", "nexthop": "10.99.0.1"}), 400, "InvalidRoutes")
    scene.error(edit("add", {"destination": "192.0.2.0/24", "nexthop": "10.7.0.1"}), 400, "InvalidRoutes")
    scene.error(edit("add", {"destination": "192.0.2.0/24"}), 400, "HTTPBadRequest")
    answer = project.network.put(f"{path}/remove_router_interface", json={"subnet_id": subnet["id"]})
    scene.error(answer, 409, "RouterInterfaceInUseByRoute")
    many = [{"destination": f"10.100.{one}.0/24", "nexthop": "10.7.0.20"} for one in range(31)]
    scene.error(edit("add", *many), 400, "RoutesExhausted")
