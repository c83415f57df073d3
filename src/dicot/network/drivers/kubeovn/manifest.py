"""Dicot's custom resources of one project -> the Kube-OVN objects that make them true. Pure."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from dicot import names
from dicot.kube.kinds import (
    KUBEOVN_EIPS,
    KUBEOVN_FIPS,
    KUBEOVN_SECURITY_GROUPS,
    KUBEOVN_SNAT_RULES,
    KUBEOVN_SUBNETS,
    KUBEOVN_VPCS,
    NETWORK_ATTACHMENT_DEFINITIONS,
    Kind,
)
from dicot.network import ranges
from dicot.network.resources import FLOATING_IP, NETWORK, ROUTER, SECURITY_GROUP, Resource

Json = dict[str, Any]

PROJECT = "network.dicot.io/project"
"""Label of everything made here: the namespace of the project."""
NAME_MAX = 63
LEASE_S = 3600
DHCP_SERVER = "server_id=169.254.0.254,server_mac=00:00:00:2E:2F:B8"
DROP_PRIORITY = 2900
RULE_PRIORITY = 1
CLOSED = "closed"
SOCKET = "/run/openvswitch/kube-ovn-daemon.sock"


class Facts(msgspec.Struct, frozen=True):
    """What of a project matters to Kube-OVN. `subnets`, `routers_of` and `vpcs` are by network id."""

    namespace: str
    networks: list[Json]
    subnets: dict[str, list[Json]]
    routers: list[Json]
    routers_of: dict[str, list[Json]]
    floating_ips: list[Json]
    groups: list[Json]
    vpcs: dict[str, str]
    switches: dict[str, str]
    external: dict[str, str]
    multus: bool = False
    closed: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """One object that should exist, and whose it is: a resource and an id ("" for the project's own)."""

    kind: Kind
    body: Json
    owner: str = ""
    resource: Resource = NETWORK


def cluster_name(namespace: str, *parts: str) -> str:
    """Name a cluster-scoped object after a namespaced one; cut, with a checksum, where it would be too long."""
    name = "-".join((namespace, *parts))
    return name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 9].rstrip('-.')}-{zlib.crc32(name.encode()):08x}"


def vpc_name(namespace: str) -> str:
    """Name a project's Vpc."""
    return cluster_name("dicot", namespace)


def group_name(group: Json) -> str:
    """Name the Kube-OVN SecurityGroup of a security group."""
    return cluster_name(group["metadata"]["namespace"], group["metadata"]["name"])


def closed_name(namespace: str) -> str:
    """Name the SecurityGroup without rules, of ports that have port security but no group."""
    return cluster_name(namespace, CLOSED)


def switch_name(network: Json, subnets: list[Json]) -> str:
    """Name a network's Kube-OVN Subnet. The CIDRs are part of it since those of a Subnet cannot change."""
    meta = network["metadata"]
    checksum = zlib.crc32(cidr_block(subnets).encode()) & 0xFFFF
    return cluster_name(meta["namespace"], meta["name"], f"{checksum:04x}")


def cidr_block(subnets: list[Json]) -> str:
    """Join the CIDRs of a network's subnets, IPv4 first."""
    return ",".join(one["spec"]["cidr"] for one in ordered(subnets))


def ordered(subnets: list[Json]) -> list[Json]:
    """Return IPv4 before IPv6."""
    return sorted(subnets, key=lambda one: one["spec"]["ipVersion"])


def everything(facts: Facts) -> list[Wanted]:
    """Return all that should exist for a project, in the order to make it."""
    with_subnets = [one for one in facts.networks if facts.subnets.get(_id(one, NETWORK))]
    wanted = list(_vpcs(facts, [one for one in with_subnets if not one["spec"].get("external")]))
    for network in with_subnets:
        wanted += _network(facts, network)
    wanted += [_group(facts, group) for group in facts.groups]
    if facts.closed:
        body = _object(KUBEOVN_SECURITY_GROUPS, closed_name(facts.namespace), facts, {"allowSameGroupTraffic": False})
        wanted.append(Wanted(KUBEOVN_SECURITY_GROUPS, body))
    for router in facts.routers:
        wanted += _gateway(facts, router)
    for floating_ip in facts.floating_ips:
        wanted += _floating_ip(facts, floating_ip)
    return wanted


def _id(obj: Json, resource: Resource) -> str:
    return names.identity_of(obj, resource.noun)


def _object(kind: Kind, name: str, facts: Facts, spec: Json, resource: Resource | None = None, owner: str = "") -> Json:
    labels = {**names.MANAGED_BY, PROJECT: facts.namespace}
    if resource is not None:
        labels[names.id_label(resource.noun)] = owner
    return {
        "apiVersion": kind.api_version,
        "kind": kind.kind,
        "metadata": {"name": name, "labels": labels},
        "spec": spec,
    }


def _vpcs(facts: Facts, networks: list[Json]) -> Iterator[Wanted]:
    names_used = dict.fromkeys(facts.vpcs[_id(one, NETWORK)] for one in networks)
    routes = [
        {"cidr": route["destination"], "nextHopIP": route["nexthop"], "policy": "policyDst", "routeTable": ""}
        for router in facts.routers
        for route in router["spec"].get("routes", [])
    ]
    external = any(router["spec"].get("externalGatewayInfo") for router in facts.routers)
    for name in names_used:
        spec = {"staticRoutes": routes, "enableExternal": external}
        yield Wanted(KUBEOVN_VPCS, _object(KUBEOVN_VPCS, name, facts, spec))


def _network(facts: Facts, network: Json) -> Iterator[Wanted]:
    identity = _id(network, NETWORK)
    spec = switch_spec(facts, network)
    body = _object(KUBEOVN_SUBNETS, facts.switches[identity], facts, spec, NETWORK, identity)
    yield Wanted(KUBEOVN_SUBNETS, body, identity)
    if facts.multus and not network["spec"].get("external"):
        yield Wanted(NETWORK_ATTACHMENT_DEFINITIONS, _attachment(facts, network, identity), identity)


def _attachment(facts: Facts, network: Json, identity: str) -> Json:
    meta = network["metadata"]
    config = {
        "cniVersion": "0.3.1",
        "type": "kube-ovn",
        "server_socket": SOCKET,
        "provider": f"{meta['name']}.{meta['namespace']}.ovn",
    }
    spec = {"config": msgspec.json.encode(config).decode()}
    body = _object(NETWORK_ATTACHMENT_DEFINITIONS, meta["name"], facts, spec, NETWORK, identity)
    body["metadata"]["namespace"] = meta["namespace"]
    body["metadata"]["ownerReferences"] = [
        {"apiVersion": network["apiVersion"], "kind": network["kind"], "name": meta["name"], "uid": meta["uid"]}
    ]
    return body


def switch_spec(facts: Facts, network: Json) -> Json:
    """Describe a network's logical switch."""
    identity = _id(network, NETWORK)
    subnets = ordered(facts.subnets[identity])
    spec: Json = {
        "protocol": "Dual" if len(subnets) > 1 else f"IPv{subnets[0]['spec']['ipVersion']}",
        "cidrBlock": cidr_block(subnets),
        "excludeIps": [
            text for one in subnets for text in ranges.excluded(one["spec"]["cidr"], ranges.pools(one["spec"]))
        ],
        "natOutgoing": False,
        "disableGatewayCheck": True,
        "enableDHCP": any(one["spec"].get("enableDhcp", True) for one in subnets),
    }
    gateways = [one["spec"]["gatewayIp"] for one in subnets if one["spec"].get("gatewayIp")]
    if len(gateways) == len(subnets):
        spec["gateway"] = ",".join(gateways)
    if network["spec"].get("mtu"):
        spec["mtu"] = network["spec"]["mtu"]
    if network["spec"].get("external"):
        return spec
    spec["vpc"] = facts.vpcs[identity]
    if subnets[0]["spec"]["ipVersion"] == 4:
        spec["dhcpV4Options"] = dhcp_options(subnets[0]["spec"])
    spec["enableIPv6RA"] = any(one["spec"].get("ipv6RaMode") for one in subnets)
    return {**spec, **reachability(facts, identity)}


def dhcp_options(subnet: Json) -> str:
    """Spell OVN's DHCP options: gateway, name servers and host routes."""
    options = [f"lease_time={LEASE_S}", DHCP_SERVER]
    if subnet.get("gatewayIp"):
        options.insert(1, f"router={subnet['gatewayIp']}")
    if subnet.get("dnsNameservers"):
        options.append("dns_server={" + ";".join(subnet["dnsNameservers"]) + "}")
    if subnet.get("hostRoutes"):
        routes = ";".join(f"{one['destination']};{one['nexthop']}" for one in subnet["hostRoutes"])
        options.append("classless_static_route={" + routes + "}")
    return ",".join(options)


def reachability(facts: Facts, network_id: str) -> Json:
    """Say who reaches a network: itself; what shares a router with it; and, behind a gateway, the world.

    Kube-OVN's `private` would keep the world out, so that a network with a gateway is open and drops its strangers
    within the Vpc one by one.
    """
    routers = facts.routers_of.get(network_id, [])
    mine = {_id(router, ROUTER) for router in routers}
    friends: list[str] = []
    strangers: list[str] = []
    for other, subnets in facts.subnets.items():
        if other == network_id or facts.vpcs.get(other) != facts.vpcs.get(network_id):
            continue
        theirs = {_id(router, ROUTER) for router in facts.routers_of.get(other, [])}
        (friends if mine & theirs else strangers).extend(one["spec"]["cidr"] for one in ordered(subnets))
    if any(router["spec"].get("externalGatewayInfo") for router in routers):
        drops = [
            {
                "action": "drop",
                "direction": "to-lport",
                "match": f"{'ip6' if ':' in cidr else 'ip4'}.src == {cidr}",
                "priority": DROP_PRIORITY,
            }
            for cidr in sorted(strangers)
        ]
        return {"private": False, "allowSubnets": [], "acls": drops}
    return {"private": True, "allowSubnets": sorted(friends), "acls": []}


def _group(facts: Facts, group: Json) -> Wanted:
    identity = _id(group, SECURITY_GROUP)
    by_id = {_id(one, SECURITY_GROUP): group_name(one) for one in facts.groups}
    rules = group["spec"].get("rules", [])
    spec = {
        "allowSameGroupTraffic": False,
        "ingressRules": [_rule(one, by_id) for one in rules if one["direction"] == "ingress" and _known(one, by_id)],
        "egressRules": [_rule(one, by_id) for one in rules if one["direction"] == "egress" and _known(one, by_id)],
    }
    body = _object(KUBEOVN_SECURITY_GROUPS, group_name(group), facts, spec, SECURITY_GROUP, identity)
    return Wanted(KUBEOVN_SECURITY_GROUPS, body, identity, SECURITY_GROUP)


def _known(rule: Json, by_id: dict[str, str]) -> bool:
    """Tell whether a rule can be told: its remote group, if it has one, still exists (a rule about nobody allows
    nobody), and Kube-OVN knows its protocol (kubectl may have written another).
    """
    return rule.get("protocol") in PROTOCOLS and (not rule.get("remoteGroupId") or rule["remoteGroupId"] in by_id)


PROTOCOLS = {
    None: "all",
    "tcp": "tcp",
    "6": "tcp",
    "udp": "udp",
    "17": "udp",
    "icmp": "icmp",
    "1": "icmp",
    "ipv6-icmp": "icmp",
    "icmpv6": "icmp",
    "58": "icmp",
}
"""Neutron's protocols that Kube-OVN can tell apart."""


def _rule(rule: Json, by_id: dict[str, str]) -> Json:
    protocol = PROTOCOLS[rule.get("protocol")]
    made: Json = {
        "ipVersion": rule["ethertype"].lower(),
        "protocol": protocol,
        "priority": RULE_PRIORITY,
        "policy": "allow",
    }
    if rule.get("remoteGroupId"):
        made |= {"remoteType": "securityGroup", "remoteSecurityGroup": by_id[rule["remoteGroupId"]]}
    else:
        anyone = "0.0.0.0/0" if rule["ethertype"] == "IPv4" else "::/0"
        made |= {"remoteType": "address", "remoteAddress": rule.get("remoteIpPrefix") or anyone}
    if protocol in ("tcp", "udp"):
        made |= {"portRangeMin": rule.get("portRangeMin") or 1, "portRangeMax": rule.get("portRangeMax") or 65535}
    return made


def _eip(facts: Facts, resource: Resource, obj: Json, network_id: str, address: str) -> Wanted | None:
    external = facts.external.get(network_id)
    if external is None:
        return None
    identity = _id(obj, resource)
    spec = {"externalSubnet": external, "type": "nat", "v6Ip" if ":" in address else "v4Ip": address}
    body = _object(KUBEOVN_EIPS, _eip_name(facts, obj), facts, spec, resource, identity)
    return Wanted(KUBEOVN_EIPS, body, identity, resource)


def _eip_name(facts: Facts, obj: Json) -> str:
    return cluster_name(facts.namespace, obj["metadata"]["name"])


def _gateway(facts: Facts, router: Json) -> Iterable[Wanted]:
    gateway = router["spec"].get("externalGatewayInfo")
    networks = [network for network, routers in facts.routers_of.items() if router in routers]
    if not gateway or not gateway.get("enableSnat", True) or not gateway.get("externalFixedIps"):
        return
    address = next((one["ipAddress"] for one in gateway["externalFixedIps"] if ":" not in one["ipAddress"]), None)
    eip = _eip(facts, ROUTER, router, gateway["networkId"], address) if address else None
    if eip is None:
        return
    yield eip
    identity = _id(router, ROUTER)
    for network in sorted(networks):
        if network not in facts.switches or not any(
            one["spec"]["ipVersion"] == 4 for one in facts.subnets.get(network, [])
        ):
            continue
        spec = {
            "ovnEip": eip.body["metadata"]["name"],
            "vpcSubnet": facts.switches[network],
            "vpc": facts.vpcs[network],
        }
        name = cluster_name(facts.switches[network], router["metadata"]["name"])
        body = _object(KUBEOVN_SNAT_RULES, name, facts, spec, ROUTER, identity)
        yield Wanted(KUBEOVN_SNAT_RULES, body, identity, ROUTER)


def _floating_ip(facts: Facts, floating_ip: Json) -> Iterable[Wanted]:
    spec = floating_ip["spec"]
    eip = _eip(facts, FLOATING_IP, floating_ip, spec["floatingNetworkId"], spec["floatingIpAddress"])
    if eip is None:
        return
    yield eip
    network = spec.get("networkId")
    if spec.get("portId") and spec.get("fixedIpAddress") and network in facts.vpcs:
        fip = {"ovnEip": eip.body["metadata"]["name"], "vpc": facts.vpcs[network], "v4Ip": spec["fixedIpAddress"]}
        name = eip.body["metadata"]["name"]
        body = _object(KUBEOVN_FIPS, name, facts, fip, FLOATING_IP, eip.owner)
        yield Wanted(KUBEOVN_FIPS, body, eip.owner, FLOATING_IP)
