"""Kubernetes -> OpenStack for routers. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import attributes, standard
from dicot.network.resources import ROUTER
from dicot.network.routers.schema import ATTRIBUTES

Json = dict[str, Any]


def router(obj: Json, *, project_id: str) -> Json:
    """Describe a router."""
    kept = attributes.view(ATTRIBUTES, obj["spec"])
    gateway = kept["external_gateway_info"]
    if gateway is not None:
        gateway = {
            "network_id": gateway["network_id"],
            "external_fixed_ips": gateway.get("external_fixed_ips", []),
            "enable_snat": gateway.get("enable_snat", True),
        }
    return {
        **kept,
        **standard.view(ROUTER, obj, project_id),
        "status": "ACTIVE",
        "external_gateway_info": gateway,
        "availability_zones": [],
    }


def interface(obj: Json, port: Json, *, port_id: str, project_id: str) -> Json:
    """Describe what add_router_interface and remove_router_interface did."""
    subnet_ids = [one["subnetId"] for one in port["spec"]["fixedIps"]]
    return {
        "id": standard.view(ROUTER, obj, project_id)["id"],
        "project_id": project_id,
        "port_id": port_id,
        "network_id": port["spec"]["networkId"],
        "subnet_id": subnet_ids[0],
        "subnet_ids": subnet_ids,
    }
