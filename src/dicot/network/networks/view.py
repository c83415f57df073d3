"""Kubernetes -> OpenStack for networks. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import attributes, standard
from dicot.network.networks.schema import ATTRIBUTES, MTU_DEFAULT
from dicot.network.resources import NETWORK

Json = dict[str, Any]

OVERLAY = "geneve"
HIDDEN = ("provider:network_type", "provider:physical_network", "provider:segmentation_id")


def network(obj: Json, *, project_id: str, subnet_ids: list[str], scopes: list[str | None], admin: bool) -> Json:
    """Describe a network; an administrator also sees what carries it."""
    kept = attributes.view(ATTRIBUTES, obj["spec"])
    shown: Json = {
        **kept,
        **standard.view(NETWORK, obj, project_id),
        "mtu": kept["mtu"] or MTU_DEFAULT,
        "status": "ACTIVE",
        "subnets": sorted(subnet_ids),
        "availability_zones": [],
        "l2_adjacency": True,
        "ipv4_address_scope": scopes[0],
        "ipv6_address_scope": scopes[1],
    }
    if not kept["router:external"]:
        del shown["is_default"]
    for name in HIDDEN:
        del shown[name]
    if admin:
        kind = "flat" if kept["router:external"] else OVERLAY
        shown |= {HIDDEN[0]: kind, HIDDEN[1]: None, HIDDEN[2]: None}
    return shown
