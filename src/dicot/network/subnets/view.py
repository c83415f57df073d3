"""Kubernetes -> OpenStack for subnets. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import attributes, standard
from dicot.network.resources import SUBNET
from dicot.network.subnets.schema import ATTRIBUTES

Json = dict[str, Any]


def subnet(obj: Json, *, project_id: str, external: bool) -> Json:
    """Describe a subnet."""
    kept = attributes.view(ATTRIBUTES, obj["spec"])
    return {
        **kept,
        **standard.view(SUBNET, obj, project_id),
        "allocation_pools": kept["allocation_pools"] or [],
        "router:external": external,
    }
