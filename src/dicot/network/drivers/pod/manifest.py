"""Dicot's custom resources of one project -> NetworkPolicies and Services. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.kube.kinds import NETWORK_POLICIES, SERVICES, Kind
from dicot.network.drivers.kubeovn.manifest import PROJECT
from dicot.network.drivers.pod.checks import PROTOCOLS
from dicot.network.projected import is_projected
from dicot.network.resources import FLOATING_IP, NETWORK, SECURITY_GROUP, Resource

Json = dict[str, Any]

GROUP_LABEL = "sg.dicot.io/"
NETWORK_LABEL = "net.dicot.io/"
OPEN_LABEL = "open.net.dicot.io/"
PORTS_MAX = 64
PORT_DEFAULT = {"protocol": "TCP", "port": 22}
ANYWHERE = (None, "0.0.0.0/0", "::/0")


class Facts(msgspec.Struct, frozen=True):
    """What of a project matters. `neighbours`: the networks a network shares a router with; `lead`: (VM, port) of
    associated floating IPs, by their id."""

    namespace: str
    networks: list[Json]
    groups: list[Json]
    floating_ips: list[Json]
    neighbours: dict[str, list[str]]
    lead: dict[str, tuple[str, Json]]


def everything(facts: Facts) -> list[tuple[Kind, Json]]:
    """Return all that should exist for a project."""
    groups = {names.identity_of(one, SECURITY_GROUP.noun): one for one in facts.groups}
    wanted = [(NETWORK_POLICIES, _group(facts, group)) for group in facts.groups]
    for network in facts.networks:
        wanted += [(NETWORK_POLICIES, one) for one in _network(facts, network)]
    for floating_ip in facts.floating_ips:
        lead = facts.lead.get(names.identity_of(floating_ip, FLOATING_IP.noun))
        if lead is not None:
            wanted.append((SERVICES, _service(facts, floating_ip, lead[0], lead[1], groups)))
    return wanted


def _object(kind: Kind, facts: Facts, prefix: str, owner: Json, resource: Resource, spec: Json) -> Json:
    meta = owner["metadata"]
    identity = names.identity_of(owner, resource.noun)
    made: Json = {
        "name": f"{prefix}-{identity}",
        "namespace": facts.namespace,
        "labels": {**names.MANAGED_BY, PROJECT: facts.namespace, names.id_label(resource.noun): identity},
    }
    if not is_projected(owner):
        made["ownerReferences"] = [
            {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": meta["name"], "uid": meta["uid"]}
        ]
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": made, "spec": spec}


def _selector(label: str) -> Json:
    return {"matchLabels": {label: ""}}


def _network(facts: Facts, network: Json) -> list[Json]:
    """Close a network's ports, and open to each other those that want no port security."""
    identity = names.identity_of(network, NETWORK.noun)
    closed = {"podSelector": _selector(NETWORK_LABEL + identity), "policyTypes": ["Ingress"]}
    friends = [identity, *facts.neighbours.get(identity, [])]
    opened = {
        "podSelector": _selector(OPEN_LABEL + identity),
        "policyTypes": ["Ingress"],
        "ingress": [{"from": [{"podSelector": _selector(NETWORK_LABEL + one)} for one in friends]}],
    }
    return [
        _object(NETWORK_POLICIES, facts, "net", network, NETWORK, closed),
        _object(NETWORK_POLICIES, facts, "open", network, NETWORK, opened),
    ]


def _group(facts: Facts, group: Json) -> Json:
    identity = names.identity_of(group, SECURITY_GROUP.noun)
    # kubectl may have written a protocol that NetworkPolicy does not know: it lets nothing in.
    rules = [one for one in group["spec"].get("rules", []) if not one.get("protocol") or one["protocol"] in PROTOCOLS]
    spec = {
        "podSelector": _selector(GROUP_LABEL + identity),
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [_rule(one, "from") for one in rules if one["direction"] == "ingress"],
        "egress": [_rule(one, "to") for one in rules if one["direction"] == "egress"],
    }
    return _object(NETWORK_POLICIES, facts, "sg", group, SECURITY_GROUP, spec)


def _rule(rule: Json, peers: str) -> Json:
    """Compile one rule. No peers is everybody: an ipBlock of all addresses would miss pods on some networks."""
    made: Json = {}
    if rule.get("remoteGroupId"):
        made[peers] = [{"podSelector": _selector(GROUP_LABEL + rule["remoteGroupId"])}]
    elif rule.get("remoteIpPrefix") not in ANYWHERE:
        made[peers] = [{"ipBlock": {"cidr": rule["remoteIpPrefix"]}}]
    if rule.get("protocol"):
        port: Json = {"protocol": PROTOCOLS[rule["protocol"]]}
        if rule.get("portRangeMin"):
            port["port"] = rule["portRangeMin"]
            if rule.get("portRangeMax", rule["portRangeMin"]) != rule["portRangeMin"]:
                port["endPort"] = rule["portRangeMax"]
        made["ports"] = [port]
    return made


def _service(facts: Facts, floating_ip: Json, vm: str, port: Json, groups: dict[str, Json]) -> Json:
    address = floating_ip["spec"]["floatingIpAddress"]
    opened = open_ports([groups[one] for one in port["spec"].get("securityGroups", []) if one in groups])
    spec = {
        "type": "LoadBalancer",
        "loadBalancerIP": address,
        "selector": {"vm.kubevirt.io/name": vm},
        "ports": [
            {"name": f"{one['protocol'].lower()}-{one['port']}", **one, "targetPort": one["port"]} for one in opened
        ],
    }
    body = _object(SERVICES, facts, "fip", floating_ip, FLOATING_IP, spec)
    body["metadata"]["annotations"] = {"metallb.io/loadBalancerIPs": address}
    return body


def open_ports(groups: list[Json]) -> list[Json]:
    """Return the TCP and UDP ports that groups let in, at most PORTS_MAX; SSH if they name none."""
    found: list[Json] = []
    for group in groups:
        for rule in group["spec"].get("rules", []):
            protocol = PROTOCOLS.get(rule.get("protocol") or "")
            if rule["direction"] != "ingress" or protocol not in ("TCP", "UDP") or not rule.get("portRangeMin"):
                continue
            low = rule["portRangeMin"]
            for number in range(low, min(rule.get("portRangeMax", low), low + PORTS_MAX) + 1):
                one = {"protocol": protocol, "port": number}
                if one not in found and len(found) < PORTS_MAX:
                    found.append(one)
    return found or [dict(PORT_DEFAULT)]
