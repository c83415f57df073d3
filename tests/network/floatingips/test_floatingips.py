"""Floating IPs: taken, led to a port, let go."""

from __future__ import annotations

from typing import Any

from tests.cloud import Cloud, Project, wait_for
from tests.network import scene

Json = dict[str, Any]


def test_leads_to_a_port_and_becomes_active(project: Project) -> None:
    network, subnet, router = scene.routed(project)
    port = scene.make(project, "ports", network_id=network["id"], name="p")
    floating = scene.make(project, "floatingips", floating_network_id=scene.public(project)["id"])
    assert (floating["status"], floating["port_id"], floating["port_details"]) == ("DOWN", None, None)
    told = scene.change(project, "floatingips", floating["id"], port_id=port["id"]).json()["floatingip"]
    assert told["router_id"] == router["id"]
    assert told["fixed_ip_address"] == port["fixed_ips"][0]["ip_address"]
    assert told["port_details"]["name"] == "p"
    wait_for(lambda: scene.show(project, "floatingips", floating["id"])["status"] == "ACTIVE", "ACTIVE")
    remove = project.network.put(f"/routers/{router['id']}/remove_router_interface", json={"subnet_id": subnet["id"]})
    scene.error(remove, 409, "RouterInterfaceInUseByFloatingIP")
    clear = scene.change(project, "routers", router["id"], external_gateway_info=None)
    scene.error(clear, 409, "RouterExternalGatewayInUseByFloatingIp")
    scene.delete(project, "ports", port["id"])
    assert scene.show(project, "floatingips", floating["id"])["port_id"] is None


def test_needs_a_way_out(project: Project) -> None:
    network, _ = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"])
    wish = {"floating_network_id": scene.public(project)["id"], "port_id": port["id"]}
    answer = project.network.post("/floatingips", json={"floatingip": wish})
    scene.error(answer, 404, "ExternalGatewayForFloatingIPNotFound")
    assert project.objects("/apis/network.dicot.io/v1alpha1/floatingips") == []


def test_wrong_wishes(project: Project) -> None:
    network, _, _ = scene.routed(project)
    port = scene.make(project, "ports", network_id=network["id"])
    outside = scene.public(project)["id"]
    api = project.network

    def post(**wish: Any) -> Any:
        return api.post("/floatingips", json={"floatingip": wish})

    message = scene.error(post(floating_network_id=network["id"]), 400, "BadRequest")
    assert message == f"Bad floatingip request: Network {network['id']} is not a valid external network."
    scene.error(post(floating_network_id=outside, fixed_ip_address="10.7.0.9"), 400, "BadRequest")
    wrong = {"port_id": port["id"], "fixed_ip_address": "10.7.0.250"}
    message = scene.error(post(floating_network_id=outside, **wrong), 400, "BadRequest")
    assert message == f"Bad floatingip request: Port {port['id']} does not have fixed ip 10.7.0.250."
    scene.error(post(floating_network_id=outside, port_id=scene.NOBODY), 404, "PortNotFound")
    scene.error(post(floating_network_id=outside, floating_ip_address="172.24.4.99"), 403, "PolicyNotAuthorized")
    scene.error(post(floating_network_id=outside, subnet_id=scene.NOBODY), 404, "SubnetNotFound")


def test_an_administrator_chooses_the_address(cloud: Cloud) -> None:
    wish = {"floating_network_id": scene.public(cloud.admin)["id"], "floating_ip_address": "172.24.4.99"}
    floating = scene.make(cloud.admin, "floatingips", **wish)
    answer = cloud.admin.network.post("/floatingips", json={"floatingip": wish})
    scene.error(answer, 409, "IpAddressAlreadyAllocated")
    scene.delete(cloud.admin, "floatingips", floating["id"])
