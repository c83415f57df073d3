"""Rules of security groups that Kube-OVN's SecurityGroup has no word for, as entries of a Subnet's `acls`. Pure.

A Subnet's `acls` are OVN's own language: a match there may name the port group that Kube-OVN keeps for a SecurityGroup
(`ovn.sg.<name>`), and the set of its members' addresses (`ovn.sg.<name>.associated.v4`). So a rule for a type of ICMP,
or for SCTP, stands on each switch that a port of the group is on, above Kube-OVN's own drop (priority 2003) and below
the drops between networks (pkg/ovs/ovn-nb-acl.go: CreateSgDenyAllACL, UpdateLogicalSwitchACL; pkg/ovs/util.go).
"""

from __future__ import annotations

from typing import Any

from dicot.network.protocols import ICMP, number

Json = dict[str, Any]

ALLOW_PRIORITY = 2100
DROP_PRIORITY = 30000
"""Above every rule of a SecurityGroup: which networks reach each other is no security group's to say."""
TOLD_APART = frozenset({6, 17, 132})
"""Protocols whose ports OVN can match: TCP, UDP and SCTP."""
PLAIN = {
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
"""Neutron's protocols that a SecurityGroup of Kube-OVN knows."""
SOUTHBOUND = {"ingress": ("to-lport", "outport", "src"), "egress": ("from-lport", "inport", "dst")}


def is_plain(rule: Json) -> bool:
    """Tell whether Kube-OVN's SecurityGroup can say a rule."""
    protocol = rule.get("protocol")
    return protocol in PLAIN and not (PLAIN[protocol] == "icmp" and rule.get("portRangeMin") is not None)


def is_enforceable(rule: Json) -> bool:
    """Tell whether a rule can be enforced: OVN finds no ports in other protocols than TCP, UDP and SCTP."""
    if not rule.get("protocol"):
        return True
    protocol = number(rule["protocol"])
    return 0 <= protocol <= 255 and (rule.get("portRangeMin") is None or protocol in TOLD_APART or protocol in ICMP)


def port_group(name: str) -> str:
    """Name OVN's port group of a Kube-OVN SecurityGroup."""
    return f"ovn.sg.{name}".replace("-", ".")


def allow(rule: Json, group: str, remote: str | None) -> Json:
    """Write the entry of a rule; `group` and `remote` name Kube-OVN SecurityGroups."""
    direction, port, end = SOUTHBOUND[rule["direction"]]
    ip = "ip4" if rule["ethertype"] == "IPv4" else "ip6"
    match = [f"{port} == @{port_group(group)}", ip]
    if remote is not None:
        match.append(f"{ip}.{end} == ${port_group(remote)}.associated.v{ip[-1]}")
    elif rule.get("remoteIpPrefix"):
        match.append(f"{ip}.{end} == {rule['remoteIpPrefix']}")
    match += _protocol(rule, ip[-1])
    return {
        "action": "allow-related",
        "direction": direction,
        "match": " && ".join(match),
        "priority": ALLOW_PRIORITY,
    }


def _protocol(rule: Json, version: str) -> list[str]:
    protocol = number(rule["protocol"])
    low, high = rule.get("portRangeMin"), rule.get("portRangeMax")
    if protocol in ICMP:
        icmp = f"icmp{version}"
        named = [f"{icmp}.type == {low}"] if low is not None else []
        return [icmp, *named, *([f"{icmp}.code == {high}"] if high is not None else [])]
    if protocol not in TOLD_APART:
        return [f"ip.proto == {protocol}"]
    name = {6: "tcp", 17: "udp", 132: "sctp"}[protocol]
    if low is None:
        return [name]
    ports = [f"{name}.dst == {low}"] if low == high else [f"{name}.dst >= {low}", f"{name}.dst <= {high}"]
    return [name, *ports]


def drop(cidr: str) -> Json:
    """Keep out what comes from a network that is not connected."""
    return {
        "action": "drop",
        "direction": "to-lport",
        "match": f"{'ip6' if ':' in cidr else 'ip4'}.src == {cidr}",
        "priority": DROP_PRIORITY,
    }
