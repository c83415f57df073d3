"""Dicot's custom resources of one project -> the Kube-OVN objects that make them true. Pure."""

from __future__ import annotations

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
from dicot.network.drivers.kubeovn import acls, switches
from dicot.network.drivers.kubeovn.switches import Switch, cluster_name
from dicot.network.resources import FLOATING_IP, NETWORK, ROUTER, SECURITY_GROUP, SUBNET, Resource

Json = dict[str, Any]

PROJECT = "network.dicot.io/project"
"""Label of everything made here: the namespace of the project."""
LEASE_S = 3600
DHCP_SERVER = "server_id=169.254.0.254,server_mac=00:00:00:2E:2F:B8"
RULE_PRIORITY = 1
CLOSED = "closed"
SOCKET = "/run/openvswitch/kube-ovn-daemon.sock"


class Facts(msgspec.Struct, frozen=True):
    """What of a project matters to Kube-OVN.

    `switches`, `vpcs`, `external` and `groups_on` (security groups of the ports on a network, each with the names of
    its project's groups in Kube-OVN, by id) are by network id, `routers_of` by subnet id.
    """

    namespace: str
    networks: list[Json]
    switches: dict[str, list[Switch]]
    routers: list[Json]
    routers_of: dict[str, list[Json]]
    floating_ips: list[Json]
    groups: list[Json]
    vpcs: dict[str, str]
    external: dict[str, list[Switch]]
    groups_on: dict[str, list[tuple[Json, dict[str, str]]]] = {}
    multus: bool = False
    closed: bool = False


class Wanted(msgspec.Struct, frozen=True):
    """One object that should exist, and whose it is: a resource and an id ("" for the project's own)."""

    kind: Kind
    body: Json
    owner: str = ""
    resource: Resource = NETWORK


def vpc_name(namespace: str) -> str:
    """Name a project's Vpc."""
    return cluster_name("dicot", namespace)


def group_name(group: Json) -> str:
    """Name the Kube-OVN SecurityGroup of a security group."""
    return cluster_name(group["metadata"]["namespace"], group["metadata"]["name"])


def closed_name(namespace: str) -> str:
    """Name the SecurityGroup without rules, of ports that have port security but no group."""
    return cluster_name(namespace, CLOSED)


def everything(facts: Facts) -> list[Wanted]:
    """Return all that should exist for a project, in the order to make it."""
    with_subnets = [one for one in facts.networks if facts.switches.get(_id(one, NETWORK))]
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
    for switch in facts.switches[identity]:
        spec = switch_spec(facts, network, switch)
        body = _object(KUBEOVN_SUBNETS, switch.name, facts, spec, NETWORK, identity)
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


def switch_spec(facts: Facts, network: Json, switch: Switch) -> Json:
    """Describe one logical switch of a network."""
    identity = _id(network, NETWORK)
    subnets = switch.subnets
    spec: Json = {
        "protocol": "Dual" if len(switch.cidrs) > 1 else f"IPv{subnets[0]['spec']['ipVersion']}",
        "cidrBlock": switch.cidr_block,
        "excludeIps": [
            text for one in subnets for text in ranges.excluded(one["spec"]["cidr"], ranges.pools(one["spec"]))
        ],
        "natOutgoing": False,
        "disableGatewayCheck": True,
        "enableDHCP": any(one["spec"].get("enableDhcp", True) for one in subnets),
    }
    gateways = [one["spec"]["gatewayIp"] for one in subnets if one["spec"].get("gatewayIp")]
    if len(gateways) == len(switch.cidrs):
        spec["gateway"] = ",".join(gateways)
    if network["spec"].get("mtu"):
        spec["mtu"] = network["spec"]["mtu"]
    if network["spec"].get("external"):
        return spec
    spec["vpc"] = facts.vpcs[identity]
    v4 = switch.subnet(4)
    if v4 is not None:
        spec["dhcpV4Options"] = dhcp_options(v4["spec"])
    spec["enableIPv6RA"] = any(one["spec"].get("ipv6RaMode") for one in subnets)
    reach = reachability(facts, identity, switch)
    return {**spec, **reach, "acls": [*reach["acls"], *_rules_on(facts, identity)]}


def _rules_on(facts: Facts, network_id: str) -> list[Json]:
    """Return the rules, of the groups whose ports are on a network, that a SecurityGroup has no word for."""
    found = [
        acls.allow(rule, group_name(group), by_id.get(rule.get("remoteGroupId", "")))
        for group, by_id in facts.groups_on.get(network_id, [])
        for rule in group["spec"].get("rules", [])
        if not acls.is_plain(rule) and acls.is_enforceable(rule) and _remote_exists(rule, by_id)
    ]
    # Two rules may come to the same: to Kube-OVN one entry with a match is all there can be.
    unique = {(one["direction"], one["match"]): one for one in found}
    return [unique[key] for key in sorted(unique)]


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


def reachability(facts: Facts, network_id: str, switch: Switch) -> Json:
    """Say who reaches a switch: itself; the subnets that share a router with it; and, behind a gateway, the world.

    Kube-OVN's `private` would keep the world out, and rules of security groups outrank it, so that strangers within the
    Vpc are dropped one by one.
    """
    routers = _routers_of(facts, switch)
    mine = {_id(router, ROUTER) for router in routers}
    friends: list[str] = []
    strangers: list[str] = []
    for other, found in facts.switches.items():
        if facts.vpcs.get(other) != facts.vpcs.get(network_id):
            continue
        for subnet in (subnet for one in found if one.name != switch.name for subnet in one.subnets):
            theirs = {_id(router, ROUTER) for router in facts.routers_of.get(_id(subnet, SUBNET), [])}
            (friends if mine & theirs else strangers).append(subnet["spec"]["cidr"])
    drops = [acls.drop(cidr) for cidr in sorted(strangers)]
    if any(router["spec"].get("externalGatewayInfo") for router in routers):
        return {"private": False, "allowSubnets": [], "acls": drops}
    return {"private": True, "allowSubnets": sorted(friends), "acls": drops}


def _routers_of(facts: Facts, switch: Switch) -> list[Json]:
    return [router for subnet in switch.subnets for router in facts.routers_of.get(_id(subnet, SUBNET), [])]


def _group(facts: Facts, group: Json) -> Wanted:
    identity = _id(group, SECURITY_GROUP)
    by_id = group_names(facts.groups)
    rules = group["spec"].get("rules", [])
    spec = {
        "allowSameGroupTraffic": False,
        "ingressRules": [_rule(one, by_id) for one in rules if one["direction"] == "ingress" and _known(one, by_id)],
        "egressRules": [_rule(one, by_id) for one in rules if one["direction"] == "egress" and _known(one, by_id)],
    }
    body = _object(KUBEOVN_SECURITY_GROUPS, group_name(group), facts, spec, SECURITY_GROUP, identity)
    return Wanted(KUBEOVN_SECURITY_GROUPS, body, identity, SECURITY_GROUP)


def group_names(groups: Iterable[Json]) -> dict[str, str]:
    """Return what security groups are called in Kube-OVN, by id."""
    return {_id(one, SECURITY_GROUP): group_name(one) for one in groups}


def _known(rule: Json, by_id: dict[str, str]) -> bool:
    """Tell whether a SecurityGroup can say a rule; `acls` say the others."""
    return acls.is_plain(rule) and _remote_exists(rule, by_id)


def _remote_exists(rule: Json, by_id: dict[str, str]) -> bool:
    """Tell whether a rule's remote group, if it has one, still exists: a rule about nobody allows nobody."""
    return not rule.get("remoteGroupId") or rule["remoteGroupId"] in by_id


def _rule(rule: Json, by_id: dict[str, str]) -> Json:
    protocol = acls.PLAIN[rule.get("protocol")]
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
    external = switches.at(facts.external.get(network_id, []), address)
    if external is None:
        return None
    identity = _id(obj, resource)
    spec = {"externalSubnet": external.name, "type": "nat", "v6Ip" if ":" in address else "v4Ip": address}
    body = _object(KUBEOVN_EIPS, _eip_name(facts, obj), facts, spec, resource, identity)
    return Wanted(KUBEOVN_EIPS, body, identity, resource)


def _eip_name(facts: Facts, obj: Json) -> str:
    return cluster_name(facts.namespace, obj["metadata"]["name"])


def _gateway(facts: Facts, router: Json) -> Iterable[Wanted]:
    gateway = router["spec"].get("externalGatewayInfo")
    if not gateway or not gateway.get("enableSnat", True) or not gateway.get("externalFixedIps"):
        return
    address = next((one["ipAddress"] for one in gateway["externalFixedIps"] if ":" not in one["ipAddress"]), None)
    eip = _eip(facts, ROUTER, router, gateway["networkId"], address) if address else None
    if eip is None:
        return
    yield eip
    identity = _id(router, ROUTER)
    for network, switch in sorted(_routed(facts, router), key=lambda pair: pair[1].name):
        spec = {"ovnEip": eip.body["metadata"]["name"], "vpcSubnet": switch.name, "vpc": facts.vpcs[network]}
        name = cluster_name(switch.name, router["metadata"]["name"])
        body = _object(KUBEOVN_SNAT_RULES, name, facts, spec, ROUTER, identity)
        yield Wanted(KUBEOVN_SNAT_RULES, body, identity, ROUTER)


def _routed(facts: Facts, router: Json) -> Iterator[tuple[str, Switch]]:
    """Return the switches that go out through a router: those with IPv4, which is what is translated."""
    for network, found in facts.switches.items():
        for switch in found:
            if network in facts.vpcs and switch.subnet(4) is not None and router in _routers_of(facts, switch):
                yield network, switch


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
