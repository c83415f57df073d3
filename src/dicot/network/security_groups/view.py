"""Kubernetes -> OpenStack for security groups and their rules. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import attributes, projected, standard
from dicot.network.resources import SECURITY_GROUP
from dicot.network.security_groups.schema import ATTRIBUTES

Json = dict[str, Any]


def group(obj: Json, *, project_id: str) -> Json:
    """Describe a security group with its rules."""
    return {
        **attributes.view(ATTRIBUTES, obj["spec"]),
        **standard.view(SECURITY_GROUP, obj, project_id),
        "shared": False,
        "security_group_rules": [
            {**one, "tags": []} for one in sorted(rules(obj, project_id=project_id), key=lambda one: one["id"])
        ],
    }


def rules(obj: Json, *, project_id: str) -> list[Json]:
    """Describe the rules of a group."""
    return [rule(obj, one, project_id=project_id) for one in obj["spec"].get("rules", [])]


def rule(obj: Json, kept: Json, *, project_id: str) -> Json:
    """Describe one rule of a group."""
    made_at = kept.get("createdAt") or obj["metadata"]["creationTimestamp"]
    return {
        "id": kept["id"],
        "project_id": project_id,
        "security_group_id": standard.view(SECURITY_GROUP, obj, project_id)["id"],
        "ethertype": kept["ethertype"],
        "direction": kept["direction"],
        "protocol": kept.get("protocol"),
        "port_range_min": kept.get("portRangeMin"),
        "port_range_max": kept.get("portRangeMax"),
        "remote_ip_prefix": kept.get("remoteIpPrefix"),
        "remote_address_group_id": None,
        "normalized_cidr": kept.get("remoteIpPrefix"),
        "remote_group_id": kept.get("remoteGroupId"),
        "belongs_to_default_sg": obj["metadata"]["name"] == projected.DEFAULT,
        "description": kept.get("description"),
        "created_at": made_at,
        "updated_at": made_at,
        "revision_number": 0,
        "tenant_id": project_id,
    }
