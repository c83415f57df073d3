"""Kubernetes -> OpenStack for ports. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.network import attributes, standard
from dicot.network.ports.schema import ATTRIBUTES
from dicot.network.resources import PORT

Json = dict[str, Any]

BINDING = ("binding:profile", "binding:host_id")


def status(obj: Json, vmi: Json | None) -> str:
    """Tell whether a port carries traffic: a router's always does, a server's while it runs."""
    spec = obj["spec"]
    if not spec.get("adminStateUp", True):
        return "DOWN"
    if spec.get("deviceOwner", "").startswith("network:"):
        return "ACTIVE"
    state = (vmi or {}).get("status", {})
    return "ACTIVE" if state.get("phase") == "Running" and _plugged(obj, state) else "DOWN"


def _plugged(obj: Json, state: Json) -> bool:
    """Tell whether a running guest has the port: one that was attached while it ran comes a little later."""
    known = state.get("interfaces")
    return not known or any(one.get("name") == f"port-{names.identity_of(obj, PORT.noun)}" for one in known)


def port(obj: Json, *, project_id: str, vmi: Json | None, fixed_ips: list[Json], admin: bool) -> Json:
    """Describe a port; an administrator also sees where it is bound."""
    kept = attributes.view(ATTRIBUTES, obj["spec"])
    host = (vmi or {}).get("status", {}).get("nodeName", "")
    shown: Json = {
        **kept,
        **standard.view(PORT, obj, project_id),
        "status": status(obj, vmi),
        "fixed_ips": fixed_ips,
        "security_groups": kept["security_groups"] or [],
        "port_security_enabled": obj["spec"].get("portSecurityEnabled", True),
        "ip_allocation": "immediate",
    }
    for name in BINDING:
        del shown[name]
    if admin:
        shown |= {
            "binding:profile": kept["binding:profile"],
            "binding:host_id": host or kept["binding:host_id"],
            "binding:vif_type": "ovs" if host else "unbound",
            "binding:vif_details": {"port_filter": True} if host else {},
        }
    return shown
