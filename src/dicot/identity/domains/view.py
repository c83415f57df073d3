"""Kubernetes -> OpenStack for domains. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def domain(obj: Json, url: str) -> Json:
    """Show a domain; `url` is where domains are found."""
    spec, domain_id = obj["spec"], names.identity_of(obj, "domain")
    return {
        **(spec.get("extra") or {}),
        "id": domain_id,
        "name": spec["name"],
        "description": spec.get("description") or "",
        "enabled": spec.get("enabled", True),
        "tags": spec.get("tags") or [],
        "options": {},
        "links": {"self": f"{url}/{domain_id}"},
    }
