"""What Neutron demands of a rule before it makes one (neutron/db/securitygroups_db.py). Pure."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.network.protocols import ICMP, number

Json = dict[str, Any]

WITH_PORTS = frozenset({6, 17, 33, 132, 136})
ONLY_IPV6 = frozenset({"ipv6-encap", "ipv6-frag", "ipv6-icmp", "ipv6-nonxt", "ipv6-opts", "ipv6-route", "icmpv6"})


def check(rule: Json) -> None:
    """Refuse a rule that contradicts itself."""
    if rule["remote_ip_prefix"] and rule["remote_group_id"]:
        raise BadRequest(
            "Only one of remote_ip_prefix or remote_group_id or remote_address_group_id may be provided.",
            kind="SecurityGroupMultipleRemoteEntites",
        )
    if rule["remote_ip_prefix"] and (":" in rule["remote_ip_prefix"]) != (rule["ethertype"] == "IPv6"):
        raise BadRequest(
            f"Conflicting value ethertype {rule['ethertype']} for CIDR {rule['remote_ip_prefix']}",
            kind="SecurityGroupRuleParameterConflict",
        )
    if rule["protocol"] in ONLY_IPV6 and rule["ethertype"] == "IPv4":
        raise BadRequest(
            f"Invalid ethertype {rule['ethertype']} for protocol {rule['protocol']}.",
            kind="SecurityGroupEthertypeConflictWithProtocol",
        )
    _check_ports(rule)


def _check_ports(rule: Json) -> None:
    low, high = rule["port_range_min"], rule["port_range_max"]
    if low is None and high is None:
        return
    if not rule["protocol"]:
        raise BadRequest(
            "Must also specify protocol if port range is given.", kind="SecurityGroupProtocolRequiredWithPorts"
        )
    protocol = number(rule["protocol"])
    if protocol in WITH_PORTS:
        if 0 in (low, high):
            raise BadRequest("Invalid value for port 0", kind="SecurityGroupInvalidPortValue")
        if low is None or high is None or low > high:
            raise BadRequest(
                "For TCP/UDP protocols, port_range_min must be <= port_range_max", kind="SecurityGroupInvalidPortRange"
            )
    elif protocol in ICMP:
        _check_icmp(low, high)
    else:
        raise BadRequest(
            f"Ports cannot be specified for protocol {rule['protocol']}. Ports are only supported for "
            "dccp, sctp, tcp, udp, udplite.",
            kind="SecurityGroupInvalidProtocolForPort",
        )


def _check_icmp(kind: int | None, code: int | None) -> None:
    for name, field, value in (("port_range_min", "type", kind), ("port_range_max", "code", code)):
        if value is not None and value > 255:
            raise BadRequest(
                f"Invalid value for ICMP {field} ({name}) {value}. It must be 0 to 255.",
                kind="SecurityGroupInvalidIcmpValue",
            )
    if kind is None:
        raise BadRequest(
            f"ICMP code (port-range-max) {code} is provided but ICMP type (port-range-min) is missing.",
            kind="SecurityGroupMissingIcmpType",
        )


_SAME = ("direction", "ethertype", "portRangeMin", "portRangeMax", "remoteGroupId")
ANYWHERE = ("0.0.0.0/0", "::/0")


def same(one: Json, other: Json) -> bool:
    """Tell whether two kept rules say the same; anybody by prefix is anybody by default, as in Neutron."""
    return all(one.get(key) == other.get(key) for key in _SAME) and _key(one) == _key(other)


def _key(rule: Json) -> tuple[int | None, str | None]:
    prefix = rule.get("remoteIpPrefix")
    return (number(rule["protocol"]) if rule.get("protocol") else None, None if prefix in ANYWHERE else prefix)
