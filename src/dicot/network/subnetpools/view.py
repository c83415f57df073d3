"""Kubernetes -> OpenStack for subnet pools. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import attributes, standard
from dicot.network.resources import SUBNET_POOL
from dicot.network.subnetpools import prefixes
from dicot.network.subnetpools.schema import ATTRIBUTES

Json = dict[str, Any]


def subnetpool(obj: Json, *, project_id: str, shared: bool, default: bool) -> Json:
    """Describe a subnet pool; Neutron tells lengths of prefixes as text."""
    kept = attributes.view(ATTRIBUTES, obj["spec"])
    bounds = prefixes.bounds(obj["spec"])
    return {
        **kept,
        **standard.view(SUBNET_POOL, obj, project_id),
        "min_prefixlen": str(bounds.least),
        "max_prefixlen": str(bounds.most),
        "default_prefixlen": str(bounds.usual),
        "shared": shared,
        "is_default": default,
    }
