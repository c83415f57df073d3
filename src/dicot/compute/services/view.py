"""Kubernetes -> OpenStack for services, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.compute import nodes

Json = dict[str, Any]

COMPUTE = "nova-compute"
INTERNAL_ZONE = "internal"


def compute(node: Json) -> Json:
    """Describe the service that runs servers on a node."""
    heard = names.annotations_of(node).get(nodes.HEARTBEAT)
    return {
        "binary": COMPUTE,
        "host": node["metadata"]["name"],
        "id": nodes.service_id(node),
        "zone": nodes.zone_of(node),
        "status": "disabled" if nodes.is_disabled(node) else "enabled",
        "state": "up" if nodes.is_ready(node) else "down",
        "updated_at": heard.replace("Z", ".000000") if heard else None,
        "disabled_reason": nodes.disabled_reason(node),
        "forced_down": nodes.is_forced_down(node),
    }


def leader(binary: str, lease: Json, *, up: bool) -> Json:
    """Describe a service of which one replica leads; nobody can disable it."""
    spec = lease.get("spec") or {}
    renewed = spec.get("renewTime")
    return {
        "binary": binary,
        "host": spec.get("holderIdentity") or lease["metadata"]["name"],
        "id": names.derived_id(binary, lease["metadata"]["uid"]),
        "zone": INTERNAL_ZONE,
        "status": "enabled",
        "state": "up" if up else "down",
        "updated_at": renewed.removesuffix("Z") if renewed else None,
        "disabled_reason": None,
        "forced_down": False,
    }
