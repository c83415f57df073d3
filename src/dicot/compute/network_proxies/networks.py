"""Handlers of networks and pools of floating IPs, as Nova shows them: they only look."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import store
from dicot.network.resources import NETWORK

Json = dict[str, Any]

_NEVER_TOLD = (
    *("cidr", "netmask", "gateway", "broadcast", "dns1", "dns2", "cidr_v6", "gateway_v6", "netmask_v6"),
)  # fmt: skip
_NEVER_TOLD_TO_ADMINISTRATORS = (
    *("created_at", "updated_at", "deleted_at", "deleted", "injected", "bridge", "vlan", "vpn_public_address"),
    *("vpn_public_port", "vpn_private_address", "dhcp_start", "project_id", "host", "bridge_interface", "multi_host"),
    *("priority", "rxtx_base", "mtu", "dhcp_server", "enable_dhcp", "share_address"),
)
"""Nova has nothing to say of these since it left networks to Neutron (os-networks, network_dict)."""


def name_of(network: Json) -> str:
    """Return what a network is called."""
    return str(network["spec"].get("name", network["metadata"]["name"]))


def _all(request: Request, cluster: Cluster) -> list[Json]:
    found = store.visible(cluster, request.caller, NETWORK)
    return sorted(found, key=lambda one: store.identity(NETWORK, one))


async def _one(request: Request, cluster: Cluster) -> Json:
    try:
        return await store.find(cluster, request.caller, NETWORK, request.params["network_id"])
    except NotFound as error:
        raise NotFound("Network not found") from error


def _view(request: Request, network: Json) -> Json:
    absent = (*_NEVER_TOLD, *(_NEVER_TOLD_TO_ADMINISTRATORS if request.caller.cloud_admin else ()))
    return {"id": store.identity(NETWORK, network), "label": name_of(network), **dict.fromkeys(absent)}


def _tenant_view(network: Json) -> Json:
    return {"id": store.identity(NETWORK, network), "cidr": "None", "label": name_of(network)}


async def index(request: Request, cluster: Cluster) -> Response:
    """List networks."""
    return Response({"networks": [_view(request, one) for one in _all(request, cluster)]})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one network."""
    return Response({"network": _view(request, await _one(request, cluster))})


async def tenant_index(request: Request, cluster: Cluster) -> Response:
    """List networks in the words of a second API that Nova had for them."""
    return Response({"networks": [_tenant_view(one) for one in _all(request, cluster)]})


async def tenant_show(request: Request, cluster: Cluster) -> Response:
    """Show one network in the words of that API."""
    return Response({"network": _tenant_view(await _one(request, cluster))})


def external(request: Request, cluster: Cluster) -> list[Json]:
    """Return the networks that floating IPs are of."""
    return [one for one in _all(request, cluster) if one["spec"].get("external")]


async def pools(request: Request, cluster: Cluster) -> Response:
    """List the networks that floating IPs are of, by name."""
    return Response({"floating_ip_pools": [{"name": name_of(one)} for one in external(request, cluster)]})
