"""Security groups as Nova has shown them since before there was Neutron: incoming rules only. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicot import names

Json = dict[str, Any]

NOUN = "security-group"
_ANY = {"IPv4": "0.0.0.0/0", "IPv6": "::/0"}


def group(obj: Json, project_id: str, named: Mapping[str, str]) -> Json:
    """Describe a group. `named`: names of groups by id, for rules that refer to them."""
    group_id = names.identity_of(obj, NOUN)
    rules = (one for one in obj["spec"].get("rules") or () if one["direction"] == "ingress")
    return {
        "id": group_id,
        "description": obj["spec"].get("description", ""),
        "name": obj["spec"].get("name", obj["metadata"]["name"]),
        "tenant_id": project_id,
        "rules": [_rule(one, group_id, project_id, named) for one in rules],
    }


def _rule(rule: Json, group_id: str, project_id: str, named: Mapping[str, str]) -> Json:
    protocol, remote = rule.get("protocol"), rule.get("remoteGroupId")
    first, last = rule.get("portRangeMin"), rule.get("portRangeMax")
    if protocol and first is None and last is None:
        first, last = (1, 65535) if protocol.lower() in ("tcp", "udp") else (-1, -1)
    cidr = rule.get("remoteIpPrefix") or _ANY[rule.get("ethertype", "IPv4")]
    return {
        "id": rule["id"],
        "parent_group_id": group_id,
        "ip_protocol": protocol,
        "from_port": first,
        "to_port": last,
        "group": {"name": named.get(remote, remote), "tenant_id": project_id} if remote else {},
        "ip_range": {} if remote else {"cidr": cidr},
    }
