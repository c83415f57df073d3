"""Ports: addresses given out once, groups, pairs, security, and what a server or router forbids."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.cloud import Cloud, Project
from tests.network import scene

Json = dict[str, Any]


def locks(project: Project) -> set[str]:
    return {one["spec"]["address"] for one in project.objects("/apis/network.dicot.io/v1alpha1/ipaddresses")}


def test_defaults(project: Project) -> None:
    network, subnet = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"])
    (group,) = project.network.get("/security-groups", params={"name": "default"}).json()["security_groups"]
    assert port["security_groups"] == [group["id"]]
    assert port["mac_address"].startswith("fa:16:3e:")
    assert port["status"] == "DOWN"
    assert [one["subnet_id"] for one in port["fixed_ips"]] == [subnet["id"]]
    assert locks(project) == {port["fixed_ips"][0]["ip_address"]}
    # The default group is used, but nobody has changed it: it stays unwritten.
    assert project.objects("/apis/network.dicot.io/v1alpha1/securitygroups") == []


def test_many_at_once_get_different_addresses(project: Project) -> None:
    network, _ = scene.segment(project, "10.7.0.0/28")

    def one(_: int) -> tuple[int, str]:
        answer = project.network.post("/ports", json={"port": {"network_id": network["id"]}})
        address = answer.json()["port"]["fixed_ips"][0]["ip_address"] if answer.status_code == 201 else ""
        return answer.status_code, address

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(one, range(18)))
    given = [address for status, address in answers if status == 201]
    assert len(given) == len(set(given)) == 13  # sixteen but both ends and the gateway
    assert {status for status, _ in answers} == {201, 409}
    assert locks(project) == set(given)
    message = scene.error(
        project.network.post("/ports", json={"port": {"network_id": network["id"]}}), 409, "IpAddressGenerationFailure"
    )
    assert message == f"No more IP addresses available on network {network['id']}."


def test_a_particular_address_is_given_once(project: Project) -> None:
    network, subnet = scene.segment(project)
    wish = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.7.0.50"}]}
    first = scene.make(project, "ports", **wish)
    answer = project.network.post("/ports", json={"port": wish})
    message = scene.error(answer, 409, "IpAddressAlreadyAllocated")
    assert message == f"IP address 10.7.0.50 already allocated in subnet {subnet['id']}"
    scene.delete(project, "ports", first["id"])
    assert locks(project) == set()
    scene.make(project, "ports", **wish)


def test_addresses_change(project: Project) -> None:
    network, subnet = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.50"}])
    wish = [{"ip_address": "10.7.0.60", "subnet_id": subnet["id"]}]
    answer = scene.change(project, "ports", port["id"], fixed_ips=wish)
    assert answer.json()["port"]["fixed_ips"] == [{"subnet_id": subnet["id"], "ip_address": "10.7.0.60"}]
    assert locks(project) == {"10.7.0.60"}
    taken = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.61"}])
    both = [{"ip_address": "10.7.0.60"}, {"ip_address": "10.7.0.61"}]
    scene.error(scene.change(project, "ports", port["id"], fixed_ips=both), 409, "IpAddressAlreadyAllocated")
    assert scene.show(project, "ports", port["id"])["fixed_ips"][0]["ip_address"] == "10.7.0.60"
    assert locks(project) == {"10.7.0.60", "10.7.0.61"}
    scene.delete(project, "ports", taken["id"])
    assert scene.change(project, "ports", port["id"], fixed_ips=[]).json()["port"]["fixed_ips"] == []
    assert locks(project) == set()


def test_a_mac_address_is_had_once(project: Project) -> None:
    network, _ = scene.segment(project)
    wish = {"network_id": network["id"], "mac_address": "FA-16-3E-00-00-01"}
    assert scene.make(project, "ports", **wish)["mac_address"] == "fa:16:3e:00:00:01"
    scene.error(project.network.post("/ports", json={"port": wish}), 409, "MacAddressInUse")


def test_port_security(project: Project) -> None:
    network, _ = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"], port_security_enabled=False)
    assert port["security_groups"] == []
    group = scene.make(project, "security-groups", name="web")
    answer = scene.change(project, "ports", port["id"], security_groups=[group["id"]])
    scene.error(answer, 409, "PortSecurityPortHasSecurityGroup")
    pairs = [{"ip_address": "10.7.0.99"}]
    answer = scene.change(project, "ports", port["id"], allowed_address_pairs=pairs)
    scene.error(answer, 409, "AddressPairAndPortSecurityRequired")
    both = {"port_security_enabled": True, "security_groups": [group["id"]]}
    assert scene.change(project, "ports", port["id"], **both).status_code == 200
    answer = project.network.delete(f"/security-groups/{group['id']}")
    assert scene.error(answer, 409, "SecurityGroupInUse") == f"Security Group {group['id']} in use."


def test_another_mac_in_a_pair_is_refused(project: Project) -> None:
    network, _ = scene.segment(project)
    wish = {
        "network_id": network["id"],
        "allowed_address_pairs": [{"ip_address": "10.7.0.99", "mac_address": "fa:16:3e:00:00:09"}],
    }
    answer = project.network.post("/ports", json={"port": wish})
    assert "allowed_address_pairs" in scene.error(answer, 400, "HTTPBadRequest")


def test_a_routers_port_goes_with_the_router_only(project: Project) -> None:
    _, _, router = scene.routed(project)
    (port,) = project.network.get("/ports", params={"device_id": router["id"]}).json()["ports"]
    assert port["device_owner"] == "network:router_interface"
    assert port["status"] == "ACTIVE"
    message = scene.error(project.network.delete(f"/ports/{port['id']}"), 409, "ServicePortInUse")
    assert "has device owner network:router_interface" in message
    wish = {"network_id": port["network_id"], "device_owner": "network:router_interface"}
    scene.error(project.network.post("/ports", json={"port": wish}), 403, "PolicyNotAuthorized")


def test_an_administrator_sees_the_binding(cloud: Cloud, project: Project) -> None:
    network, _ = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"])
    assert "binding:host_id" not in port
    seen = scene.show(cloud.admin, "ports", port["id"])
    assert (seen["binding:host_id"], seen["binding:vif_type"]) == ("", "unbound")


def test_find_by_address(project: Project) -> None:
    network, subnet = scene.segment(project)
    port = scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.50"}])
    scene.make(project, "ports", network_id=network["id"], fixed_ips=[{"ip_address": "10.7.0.99"}])

    def ids(*fixed: str) -> list[str]:
        pairs = [("fixed_ips", one) for one in fixed]
        return [one["id"] for one in project.network.get("/ports", params=pairs).json()["ports"]]

    assert ids("ip_address=10.7.0.50") == [port["id"]]
    assert ids("ip_address_substr=.50", f"subnet_id={subnet['id']}") == [port["id"]]
    assert len(ids("ip_address=10.7.0.50", "ip_address=10.7.0.99")) == 2
    assert ids("ip_address=10.7.0.51") == []
