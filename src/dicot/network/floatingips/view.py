"""Kubernetes -> OpenStack for floating IPs. Pure."""

from __future__ import annotations

from typing import Any

from dicot.network import standard
from dicot.network.resources import FLOATING_IP

Json = dict[str, Any]

DETAILS = ("name", "network_id", "mac_address", "admin_state_up", "status", "device_id", "device_owner")


def floating_ip(obj: Json, *, project_id: str, active: bool, port: Json | None) -> Json:
    """Describe a floating IP. `port` is the view of the port it leads to."""
    spec = obj["spec"]
    return {
        **standard.view(FLOATING_IP, obj, project_id),
        "floating_ip_address": spec["floatingIpAddress"],
        "floating_network_id": spec["floatingNetworkId"],
        "router_id": spec.get("routerId"),
        "port_id": spec.get("portId"),
        "fixed_ip_address": spec.get("fixedIpAddress"),
        "status": "ACTIVE" if active else "DOWN",
        "port_details": None if port is None else {key: port[key] for key in DETAILS},
    }
