"""Subnets: what Neutron demands of one, and what an update may change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Project
from tests.network import scene

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("wish", "status", "kind"),
    [
        ({}, 400, "BadRequest"),
        ({"cidr": "10.8.0.0/33"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0/24", "ip_version": 6}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0/24", "ip_version": 5}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "gateway_ip": "10.8.0.255"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0/24", "gateway_ip": "fd00::1"}, 400, "InvalidInput"),
        ({"cidr": "10.8.0.0/24", "gateway_ip": "x"}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "dns_nameservers": ["x"]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "dns_nameservers": ["1.1.1.1", "1.1.1.1"]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "dns_nameservers": [f"1.1.1.{n}" for n in range(6)]}, 400, "DNSNameServersExhausted"),
        ({"cidr": "10.8.0.0/24", "host_routes": [{"destination": "x"}]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "allocation_pools": [{"start": "10.8.0.2"}]}, 400, "HTTPBadRequest"),
        ({"cidr": "10.8.0.0/24", "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        ({"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "nosuch"}, 400, "HTTPBadRequest"),
        ({"cidr": "fd00::/80", "ip_version": 6, "ipv6_ra_mode": "slaac"}, 400, "InvalidInput"),
        (
            {"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"},
            400,
            "InvalidInput",
        ),
        (
            {"cidr": "fd00::/64", "ip_version": 6, "ipv6_ra_mode": "slaac", "enable_dhcp": False},
            400,
            "InvalidInput",
        ),
        ({"cidr": "10.8.0.0/24", "subnetpool_id": scene.NOBODY}, 404, "SubnetPoolNotFound"),
        ({"cidr": "10.8.0.0/24", "service_types": ["compute:nova"]}, 400, "HTTPBadRequest"),
    ],
)
def test_refused(project: Project, wish: Json, status: int, kind: str) -> None:
    network = scene.make(project, "networks", name="n")
    body = {"subnet": {"network_id": network["id"], "ip_version": 4, **wish}}
    scene.error(project.network.post("/subnets", json=body), status, kind)
    assert project.objects("/apis/network.dicot.io/v1alpha1/subnets") == []


def test_no_gateway(project: Project) -> None:
    _, subnet = scene.segment(project, gateway_ip=None)
    assert subnet["gateway_ip"] is None
    assert subnet["allocation_pools"] == [{"start": "10.7.0.1", "end": "10.7.0.254"}]
    router = scene.make(project, "routers", name="r")
    answer = project.network.put(f"/routers/{router['id']}/add_router_interface", json={"subnet_id": subnet["id"]})
    message = scene.error(answer, 400, "BadRequest")
    assert message == "Bad router request: Subnet for router interface must have a gateway IP."


def test_update(project: Project) -> None:
    _, subnet, _ = scene.routed(project)
    wish = {"name": "s", "dns_nameservers": ["9.9.9.9"], "enable_dhcp": False}
    changed = scene.change(project, "subnets", subnet["id"], **wish).json()["subnet"]
    assert {key: changed[key] for key in wish} == wish
    for fixed in ({"cidr": "10.9.0.0/24"}, {"ip_version": 6}, {"network_id": scene.NOBODY}):
        message = scene.error(scene.change(project, "subnets", subnet["id"], **fixed), 400, "HTTPBadRequest")
        assert message == f"Cannot update read-only attribute {next(iter(fixed))}"
    pools = [{"start": "10.7.0.10", "end": "10.7.0.20"}]
    changed = scene.change(project, "subnets", subnet["id"], allocation_pools=pools).json()["subnet"]
    assert changed["allocation_pools"] == pools
    scene.error(scene.change(project, "subnets", subnet["id"], gateway_ip="10.7.0.2"), 409, "GatewayIpInUse")
    inside = scene.change(project, "subnets", subnet["id"], gateway_ip="10.7.0.15")
    scene.error(inside, 409, "GatewayConflictWithAllocationPools")


def test_delete(project: Project) -> None:
    network, subnet = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"])
    message = scene.error(project.network.delete(f"/subnets/{subnet['id']}"), 409, "SubnetInUse")
    assert message == (
        f"Unable to complete operation on subnet {subnet['id']}: One or more ports have an IP allocation from this "
        "subnet."
    )
    scene.delete(project, "ports", port["id"])
    scene.delete(project, "subnets", subnet["id"])
    assert scene.show(project, "networks", network["id"])["subnets"] == []


def test_the_clusters_external_network_is_changed_with_kubectl(project: Project) -> None:
    public = scene.public(project)
    assert project.network.delete(f"/networks/{public['id']}").status_code == 403
    (subnet,) = public["subnets"]
    assert scene.change(project, "subnets", subnet, name="mine").status_code == 403
    assert scene.show(project, "subnets", subnet)["router:external"] is True
