"""Networks of several subnets on Kube-OVN: which switch a subnet is on, which addresses a port has, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.network.drivers.kubeovn import switches
from tests.cloud import Cloud, Project
from tests.network import scene
from tests.network.drivers.test_kubeovn import objects
from tests.network.test_plug import boot, refusal

Json = dict[str, Any]

NETWORK = {"metadata": {"name": "net", "namespace": "ns"}}
SMALL = [{"start": "10.7.0.10", "end": "10.7.0.10"}]


def subnet(cidr: str) -> Json:
    return {"spec": {"cidr": cidr, "ipVersion": 6 if ":" in cidr else 4}}


def made(name: str, cidr_block: str) -> Json:
    return {"metadata": {"name": name}, "spec": {"cidrBlock": cidr_block}}


@pytest.mark.parametrize(
    ("cidrs", "have", "carrying", "expected"),
    [
        (["10.1.0.0/24"], [], [], ["10.1.0.0/24"]),
        (["fd00::/64", "10.1.0.0/24"], [], [], ["10.1.0.0/24,fd00::/64"]),
        (["10.1.0.0/24", "10.2.0.0/24", "fd00::/64"], [], [], ["10.1.0.0/24,fd00::/64", "10.2.0.0/24"]),
        # What carries a server stays as it is, whatever is older.
        (["10.1.0.0/24", "10.2.0.0/24", "fd00::/64"], [], ["10.1.0.0/24"], ["10.1.0.0/24", "10.2.0.0/24,fd00::/64"]),
        (["10.1.0.0/24", "fd00::/64"], [], ["10.1.0.0/24"], ["10.1.0.0/24", "fd00::/64"]),
        # A subnet stays on its switch, though another one would take it now.
        (
            ["10.1.0.0/24", "10.2.0.0/24", "fd00::/64"],
            [("b", "10.2.0.0/24,fd00::/64"), ("a", "10.1.0.0/24")],
            [],
            ["10.2.0.0/24,fd00::/64", "10.1.0.0/24"],
        ),
        # A neighbour that kubectl deleted leaves its CIDR to a switch in use, and takes it along from an idle one.
        (["10.1.0.0/24"], [("a", "10.1.0.0/24,fd00::/64")], ["10.1.0.0/24"], ["10.1.0.0/24,fd00::/64"]),
        (["10.1.0.0/24"], [("a", "10.1.0.0/24,fd00::/64")], [], ["10.1.0.0/24"]),
    ],
)
def test_grouped(cidrs: list[str], have: list[tuple[str, str]], carrying: list[str], expected: list[str]) -> None:
    found = switches.grouped(
        NETWORK,
        [subnet(one) for one in cidrs],
        [made(*one) for one in have],
        lambda one: one["spec"]["cidr"] in carrying,
    )
    assert [one.cidr_block for one in found] == expected
    kept = {block: name for name, block in have}
    assert all(one.name == kept.get(one.cidr_block, one.name) for one in found)
    assert len({one.name for one in found}) == len(found)


def addresses(port: Json) -> list[str]:
    return [one["ip_address"] for one in port["fixed_ips"]]


def test_a_port_has_its_addresses_of_one_switch(cloud: Cloud, project: Project) -> None:
    network, first = scene.segment(project, allocation_pools=SMALL)
    scene.make(project, "subnets", network_id=network["id"], ip_version=6, cidr="fd00:7::/64")
    second = scene.make(project, "subnets", network_id=network["id"], ip_version=4, cidr="10.8.0.0/24")
    blocks = [one["spec"]["cidrBlock"] for one in objects(cloud, project, "subnets")]
    assert sorted(blocks) == ["10.7.0.0/24,fd00:7::/64", "10.8.0.0/24"]
    port = scene.make(project, "ports", network_id=network["id"])
    assert addresses(port)[0] == "10.7.0.10"
    assert addresses(port)[1].startswith("fd00:7::")
    # The first is full: the second has no IPv6 address to give.
    (fixed,) = scene.make(project, "ports", network_id=network["id"])["fixed_ips"]
    assert fixed["subnet_id"] == second["id"]
    chosen = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"subnet_id": second["id"]}])
    assert [one["subnet_id"] for one in chosen["fixed_ips"]] == [second["id"]]
    wish = {"network_id": network["id"], "fixed_ips": [{"subnet_id": first["id"]}]}
    scene.error(project.network.post("/ports", json={"port": wish}), 409, "IpAddressGenerationFailure")


def test_a_full_network_gives_back_what_it_could_not_complete(project: Project) -> None:
    network, _ = scene.segment(project, allocation_pools=SMALL)
    pools = [{"start": "fd00:7::10", "end": "fd00:7::10"}]
    scene.make(project, "subnets", network_id=network["id"], ip_version=6, cidr="fd00:7::/64", allocation_pools=pools)
    taken = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "fd00:7::10"}])
    answer = project.network.post("/ports", json={"port": {"network_id": network["id"]}})
    scene.error(answer, 409, "IpAddressGenerationFailure")
    (left,) = project.objects("/apis/network.dicot.io/v1alpha1/ipaddresses")
    assert left["spec"]["ownerId"] == taken["id"]


def test_subnets_of_one_network_are_routed_one_by_one(cloud: Cloud, project: Project) -> None:
    network, first, router = scene.routed(project)
    second = scene.make(project, "subnets", network_id=network["id"], ip_version=4, cidr="10.8.0.0/24")

    def told() -> dict[str, list[str]]:
        found = objects(cloud, project, "subnets")
        return {one["spec"]["cidrBlock"]: [acl["match"] for acl in one["spec"].get("acls", [])] for one in found}

    assert told() == {"10.7.0.0/24": ["ip4.src == 10.8.0.0/24"], "10.8.0.0/24": ["ip4.src == 10.7.0.0/24"]}
    assert len(objects(cloud, project, "ovn-snat-rules")) == 1
    path = f"/routers/{router['id']}/add_router_interface"
    assert project.network.put(path, json={"subnet_id": second["id"]}).status_code == 200
    assert told() == {"10.7.0.0/24": [], "10.8.0.0/24": []}
    assert len(objects(cloud, project, "ovn-snat-rules")) == 2
    message = scene.error(project.network.delete(f"/subnets/{first['id']}"), 409, "SubnetInUse")
    assert message.startswith("Unable to complete operation on subnet")
    path = f"/routers/{router['id']}/remove_router_interface"
    assert project.network.put(path, json={"subnet_id": first["id"]}).status_code == 200
    scene.delete(project, "subnets", first["id"])
    assert told() == {"10.8.0.0/24": []}
    assert scene.show(project, "networks", network["id"])["subnets"] == [second["id"]]


def test_an_unplugged_port_may_have_addresses_that_no_server_can(project: Project) -> None:
    network, first = scene.segment(project)
    second = scene.make(project, "subnets", network_id=network["id"], ip_version=4, cidr="10.8.0.0/24")
    fixed = [{"subnet_id": first["id"]}, {"subnet_id": second["id"]}]
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=fixed)
    assert [one["subnet_id"] for one in port["fixed_ips"]] == [first["id"], second["id"]]
    message = refusal(boot(project, [{"port": port["id"]}]), 400)
    assert "one IPv4 and one IPv6 address at most" in message
    assert scene.show(project, "ports", port["id"])["device_id"] == ""


def test_servers_are_on_the_switch_of_their_address(cloud: Cloud, project: Project) -> None:
    network, first = scene.segment(project)
    second = scene.make(project, "subnets", network_id=network["id"], ip_version=4, cidr="10.8.0.0/24")
    names = {one["spec"]["cidrBlock"]: one["metadata"]["name"] for one in objects(cloud, project, "subnets")}
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"subnet_id": second["id"]}])
    made = boot(project, [{"port": port["id"]}])
    assert made.status_code == 202, made.text
    (vm,) = project.objects("/apis/kubevirt.io/v1/virtualmachines")
    notes = vm["spec"]["template"]["metadata"]["annotations"]
    assert notes["ovn.kubernetes.io/logical_switch"] == names["10.8.0.0/24"]
    # The switch that carries it stays as it is; the other takes a subnet of the other version.
    v6 = scene.make(project, "subnets", network_id=network["id"], ip_version=6, cidr="fd00:7::/64")
    blocks = sorted(one["spec"]["cidrBlock"] for one in objects(cloud, project, "subnets"))
    assert blocks == ["10.7.0.0/24,fd00:7::/64", "10.8.0.0/24"]
    scene.delete(project, "subnets", v6["id"])
    scene.delete(project, "subnets", first["id"])
    wish = {"network_id": network["id"], "ip_version": 6, "cidr": "fd00:7::/64"}
    message = scene.error(project.network.post("/subnets", json={"subnet": wish}), 409, "HTTPConflict")
    assert "has servers and no IPv6 subnet" in message


def test_a_neighbour_of_servers_stays(project: Project) -> None:
    network, _ = scene.segment(project)
    v6 = scene.make(project, "subnets", network_id=network["id"], ip_version=6, cidr="fd00:7::/64")
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.9"}])
    made = boot(project, [{"port": port["id"]}])
    assert made.status_code == 202, made.text
    message = scene.error(project.network.delete(f"/subnets/{v6['id']}"), 409, "SubnetInUse")
    assert "shares a Kube-OVN switch" in message
