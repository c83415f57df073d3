"""Kubernetes -> OpenStack for groups. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def group(obj: Json, url: str) -> Json:
    """Show a group; `url` is where groups are found."""
    spec, group_id = obj["spec"], names.identity_of(obj, "group")
    return {
        **(spec.get("extra") or {}),
        "id": group_id,
        "name": spec["name"],
        "domain_id": spec.get("domainId", "default"),
        "description": spec.get("description") or "",
        "links": {"self": f"{url}/{group_id}"},
    }
