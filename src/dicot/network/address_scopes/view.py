"""Kubernetes -> OpenStack for address scopes. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.network.resources import ADDRESS_SCOPE

Json = dict[str, Any]


def address_scope(obj: Json, *, project_id: str, shared: bool) -> Json:
    """Describe an address scope."""
    return {
        "id": names.identity_of(obj, ADDRESS_SCOPE.noun),
        "name": obj["spec"].get("name", ""),
        "tenant_id": project_id,
        "project_id": project_id,
        "shared": shared,
        "ip_version": obj["spec"]["ipVersion"],
    }
