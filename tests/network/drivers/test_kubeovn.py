"""The Kube-OVN driver: what it writes is valid for the published CRDs, says what Neutron was told, and goes again."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
import yaml

from tests.cloud import Cloud, Project, wait_for
from tests.network import scene
from tests.shared_material import shared

Json = dict[str, Any]

PLURALS = ("vpcs", "subnets", "security-groups", "ovn-eips", "ovn-fips", "ovn-snat-rules")


def objects(cloud: Cloud, project: Project, plural: str) -> list[Json]:
    items = cloud.kube.get(f"/apis/kubeovn.io/v1/{plural}").json()["items"]
    label = "network.dicot.io/project"
    return [one for one in items if one["metadata"].get("labels", {}).get(label) == project.namespace]


def schemas() -> dict[str, Json]:
    """Read the published schemas of Kube-OVN, with unknown fields refused."""

    def closed(schema: Any) -> Any:
        if isinstance(schema, dict):
            made = {key: closed(value) for key, value in schema.items() if key != "x-kubernetes-validations"}
            if "properties" in made and schema.get("type") == "object":
                made.setdefault("additionalProperties", False)
            return made
        return [closed(one) for one in schema] if isinstance(schema, list) else schema

    documents = yaml.safe_load_all(shared("contracts/kube-ovn-crds.yaml").read_text())
    found: dict[str, Json] = {}
    for one in filter(None, documents):
        (version,) = one["spec"]["versions"]
        found[one["spec"]["names"]["plural"]] = closed(version["schema"]["openAPIV3Schema"]["properties"]["spec"])
    return found


def test_everything_is_valid_and_goes_again(cloud: Cloud, project: Project) -> None:
    network, subnet, router = scene.routed(project)
    port = scene.make(project, "ports", network_id=network["id"])
    floating = scene.make(project, "floatingips", floating_network_id=scene.public(project)["id"], port_id=port["id"])
    published = schemas()
    for plural in PLURALS:
        found = objects(cloud, project, plural)
        assert len(found) == (2 if plural == "ovn-eips" else 1), plural
        for one in found:
            validator = jsonschema_rs.Draft4Validator(published[plural])
            assert [str(error) for error in validator.iter_errors(one["spec"])] == [], one["spec"]
    scene.delete(project, "floatingips", floating["id"])
    api = project.network
    body = {"subnet_id": subnet["id"]}
    assert api.put(f"/routers/{router['id']}/remove_router_interface", json=body).status_code == 200
    scene.delete(project, "routers", router["id"])
    scene.delete(project, "ports", port["id"])
    scene.delete(project, "networks", network["id"])
    for plural in PLURALS:
        assert objects(cloud, project, plural) == [], plural
    for plural in ("networks", "subnets", "ports", "routers", "floatingips", "securitygroups", "ipaddresses"):
        assert project.objects(f"/apis/network.dicot.io/v1alpha1/{plural}") == [], plural


def test_a_switch_says_what_the_subnets_say(cloud: Cloud, project: Project) -> None:
    scene.segment(
        project,
        dns_nameservers=["192.0.2.53", "192.0.2.54"],
        host_routes=[{"destination": "198.51.100.0/24", "nexthop": "10.7.0.9"}],
        allocation_pools=[{"start": "10.7.0.100", "end": "10.7.0.199"}],
    )
    (switch,) = objects(cloud, project, "subnets")
    spec = switch["spec"]
    assert spec["cidrBlock"] == "10.7.0.0/24"
    assert spec["gateway"] == "10.7.0.1"
    assert spec["excludeIps"] == ["10.7.0.1..10.7.0.99", "10.7.0.200..10.7.0.254"]
    assert spec["private"] is True
    assert "router=10.7.0.1" in spec["dhcpV4Options"]
    assert "dns_server={192.0.2.53;192.0.2.54}" in spec["dhcpV4Options"]
    assert "classless_static_route={198.51.100.0/24;10.7.0.9}" in spec["dhcpV4Options"]


def test_both_ip_versions_share_a_switch(cloud: Cloud, project: Project) -> None:
    network, _ = scene.segment(project)
    modes = {"ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}
    scene.make(project, "subnets", network_id=network["id"], ip_version=6, cidr="fd00:7::/64", **modes)
    (switch,) = objects(cloud, project, "subnets")
    assert switch["spec"]["cidrBlock"] == "10.7.0.0/24,fd00:7::/64"
    assert switch["spec"]["protocol"] == "Dual"
    port = scene.make(project, "ports", network_id=network["id"], mac_address="fa:16:3e:00:00:01")
    assert [one["ip_address"] for one in port["fixed_ips"]][1] == "fd00:7::f816:3eff:fe00:1"
    scene.make(project, "subnets", network_id=network["id"], ip_version=4, cidr="10.8.0.0/24")
    assert sorted(one["spec"]["cidrBlock"] for one in objects(cloud, project, "subnets")) == [
        "10.7.0.0/24,fd00:7::/64",
        "10.8.0.0/24",
    ]


def test_overlapping_networks_get_vpcs_of_their_own(cloud: Cloud, project: Project) -> None:
    scene.segment(project)
    scene.segment(project)
    scene.segment(project, "10.8.0.0/24")
    vpcs = [one["spec"]["vpc"] for one in objects(cloud, project, "subnets")]
    assert len(vpcs) == 3
    assert len(set(vpcs)) == 2


def test_networks_reach_each_other_through_a_router_only(cloud: Cloud, project: Project) -> None:
    _, one = scene.segment(project)
    _, other = scene.segment(project, "10.8.0.0/24")
    scene.segment(project, "10.9.0.0/24")
    router = scene.make(project, "routers", name="r")
    for subnet in (one, other):
        path = f"/routers/{router['id']}/add_router_interface"
        assert project.network.put(path, json={"subnet_id": subnet["id"]}).status_code == 200
    allowed = {one["spec"]["cidrBlock"]: one["spec"]["allowSubnets"] for one in objects(cloud, project, "subnets")}
    assert allowed == {"10.7.0.0/24": ["10.8.0.0/24"], "10.8.0.0/24": ["10.7.0.0/24"], "10.9.0.0/24": []}
    gateway = {"network_id": scene.public(project)["id"]}
    assert scene.change(project, "routers", router["id"], external_gateway_info=gateway).status_code == 200
    switches = {one["spec"]["cidrBlock"]: one["spec"] for one in objects(cloud, project, "subnets")}
    assert switches["10.7.0.0/24"]["private"] is False
    assert [one["match"] for one in switches["10.7.0.0/24"]["acls"]] == ["ip4.src == 10.9.0.0/24"]
    assert len(objects(cloud, project, "ovn-snat-rules")) == 2
    no_snat = {**gateway, "enable_snat": False}
    assert scene.change(project, "routers", router["id"], external_gateway_info=no_snat).status_code == 200
    assert objects(cloud, project, "ovn-snat-rules") == []


def test_rules_are_compiled(cloud: Cloud, project: Project) -> None:
    group = scene.make(project, "security-groups", name="web")
    other = scene.make(project, "security-groups", name="other")
    base = {"security_group_id": group["id"], "direction": "ingress"}
    scene.make(project, "security-group-rules", **base, protocol="tcp", port_range_min=80, port_range_max=90)
    scene.make(project, "security-group-rules", **base, protocol="icmp", remote_ip_prefix="192.0.2.0/24")
    scene.make(project, "security-group-rules", **base, remote_group_id=other["id"])
    found = {one["metadata"]["name"]: one["spec"] for one in objects(cloud, project, "security-groups")}
    (spec,) = [spec for name, spec in found.items() if "-web-" in name]
    told = [
        {key: one.get(key) for key in ("protocol", "remoteAddress", "portRangeMin", "portRangeMax")}
        for one in spec["ingressRules"][:2]
    ]
    assert told == [
        {"protocol": "tcp", "remoteAddress": "0.0.0.0/0", "portRangeMin": 80, "portRangeMax": 90},
        {"protocol": "icmp", "remoteAddress": "192.0.2.0/24", "portRangeMin": None, "portRangeMax": None},
    ]
    assert spec["ingressRules"][2]["remoteSecurityGroup"] in found
    assert len(spec["egressRules"]) == 2


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"protocol": "icmp", "port_range_min": 8}, "ip4 && icmp4 && icmp4.type == 8"),
        (
            {"protocol": "icmp", "port_range_min": 3, "port_range_max": 4, "remote_ip_prefix": "192.0.2.0/24"},
            "ip4 && ip4.src == 192.0.2.0/24 && icmp4 && icmp4.type == 3 && icmp4.code == 4",
        ),
        (
            {"protocol": "ipv6-icmp", "ethertype": "IPv6", "port_range_min": 0, "port_range_max": 0},
            "ip6 && icmp6 && icmp6.type == 0 && icmp6.code == 0",
        ),
        ({"protocol": "gre"}, "ip4 && ip.proto == 47"),
        ({"protocol": "254"}, "ip4 && ip.proto == 254"),
        ({"protocol": "sctp"}, "ip4 && sctp"),
        ({"protocol": "sctp", "port_range_min": 80, "port_range_max": 80}, "ip4 && sctp && sctp.dst == 80"),
        (
            {"protocol": "132", "port_range_min": 80, "port_range_max": 90},
            "ip4 && sctp && sctp.dst >= 80 && sctp.dst <= 90",
        ),
        ({"protocol": "udplite"}, "ip4 && ip.proto == 136"),
    ],
)
def test_what_a_security_group_cannot_say_stands_on_the_switch(
    cloud: Cloud, project: Project, rule: Json, said: str
) -> None:
    network, _ = scene.segment(project)
    group = scene.make(project, "security-groups", name="web")
    port = scene.make(project, "ports", network_id=network["id"], security_groups=[group["id"]])
    wish = {"security_group_id": group["id"], "direction": "ingress", **rule}
    made = scene.make(project, "security-group-rules", **wish)
    (name,) = [one["metadata"]["name"] for one in objects(cloud, project, "security-groups") if "-web-" in str(one)]
    (switch,) = objects(cloud, project, "subnets")
    assert switch["spec"]["acls"] == [
        {
            "action": "allow-related",
            "direction": "to-lport",
            "match": f"outport == @ovn.sg.{name.replace('-', '.')} && {said}",
            "priority": 2100,
        }
    ]
    assert scene.change(project, "ports", port["id"], security_groups=[]).status_code == 200
    (switch,) = objects(cloud, project, "subnets")
    assert switch["spec"]["acls"] == []
    scene.delete(project, "security-group-rules", made["id"])


def test_such_rules_name_remote_groups_and_other_directions(cloud: Cloud, project: Project) -> None:
    network, _ = scene.segment(project)
    group = scene.make(project, "security-groups", name="web")
    other = scene.make(project, "security-groups", name="other")
    scene.make(project, "ports", network_id=network["id"], security_groups=[group["id"]])
    wish = {"security_group_id": group["id"], "direction": "egress", "protocol": "vrrp"}
    scene.make(project, "security-group-rules", **wish, remote_group_id=other["id"])
    names = {one["metadata"]["name"]: one for one in objects(cloud, project, "security-groups")}
    (mine,) = [name.replace("-", ".") for name in names if "-web-" in name]
    (theirs,) = [name.replace("-", ".") for name in names if "-other-" in name]
    (switch,) = objects(cloud, project, "subnets")
    (acl,) = switch["spec"]["acls"]
    remote = f"ip4.dst == $ovn.sg.{theirs}.associated.v4"
    assert acl["match"] == f"inport == @ovn.sg.{mine} && ip4 && {remote} && ip.proto == 112"
    assert acl["direction"] == "from-lport"
    scene.delete(project, "security-groups", other["id"])
    (switch,) = objects(cloud, project, "subnets")
    assert switch["spec"]["acls"] == []


def test_such_rules_reach_a_switch_of_another_project(cloud: Cloud, project: Project) -> None:
    admin = cloud.admin
    network = scene.make(admin, "networks", name="common", shared=True)
    scene.make(admin, "subnets", network_id=network["id"], ip_version=4, cidr="10.77.0.0/24")
    group = scene.make(project, "security-groups", name="web")
    port = scene.make(project, "ports", network_id=network["id"], security_groups=[group["id"]])
    wish = {"security_group_id": group["id"], "direction": "ingress", "protocol": "gre"}
    rule = scene.make(project, "security-group-rules", **wish)

    def told() -> list[str]:
        label = f"dicot.io/network-id={network['id']}"
        (found,) = cloud.kube.get("/apis/kubeovn.io/v1/subnets", params={"labelSelector": label}).json()["items"]
        return [one["match"].split(" && ")[-1] for one in found["spec"]["acls"]]

    assert told() == ["ip.proto == 47"]
    scene.delete(project, "security-group-rules", rule["id"])
    assert told() == []
    scene.delete(project, "ports", port["id"])
    scene.delete(admin, "networks", network["id"])


@pytest.mark.parametrize("protocol", ["udplite", "136", "dccp", "33"])
def test_ports_that_ovn_does_not_find_are_refused(project: Project, protocol: str) -> None:
    group = scene.make(project, "security-groups", name="web")
    wish = {"security_group_id": group["id"], "direction": "ingress", "protocol": protocol}
    wish |= {"port_range_min": 1, "port_range_max": 2}
    answer = project.network.post("/security-group-rules", json={"security_group_rule": wish})
    scene.error(answer, 400, "SecurityGroupInvalidProtocolForPort")
    assert len(scene.show(project, "security-groups", group["id"])["security_group_rules"]) == 2


def test_kubectl_deletes_a_network(cloud: Cloud, project: Project) -> None:
    scene.segment(project)
    (network,) = project.objects("/apis/network.dicot.io/v1alpha1/networks")
    path = f"/apis/network.dicot.io/v1alpha1/namespaces/{project.namespace}/networks/{network['metadata']['name']}"
    assert cloud.kube.delete(path).status_code == 200

    def gone() -> bool:
        left = [objects(cloud, project, plural) for plural in ("subnets", "vpcs")]
        return cloud.kube.get(path).status_code == 404 and left == [[], []]

    wait_for(gone, "the network to go")


def test_kubectl_makes_a_network(cloud: Cloud, project: Project) -> None:
    body = {
        "apiVersion": "network.dicot.io/v1alpha1",
        "kind": "Network",
        "metadata": {"name": "plain"},
        "spec": {},
    }
    path = f"/apis/network.dicot.io/v1alpha1/namespaces/{project.namespace}/networks"
    made = cloud.kube.post(path, json=body)
    assert made.status_code == 201, made.text
    identity = made.json()["metadata"]["uid"]

    def listed() -> Json | None:
        found = project.network.get("/networks", params={"id": identity}).json()["networks"]
        return found[0] if found else None

    network = wait_for(listed, "the network to be listed")
    assert network["status"] == "ACTIVE"
    assert network["admin_state_up"] is True
    scene.make(project, "subnets", network_id=identity, ip_version=4, cidr="10.7.0.0/24")
    assert scene.make(project, "ports", network_id=identity)["fixed_ips"]
