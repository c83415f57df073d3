"""Handlers of floating IPs as Nova shows them: gather, decide, act, in Nova's words."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import ApiError, Conflict, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.network_proxies import networks
from dicot.network import addresses, store
from dicot.network.floatingips import handlers
from dicot.network.resources import FLOATING_IP, NETWORK

Json = dict[str, Any]


def _view(request: Request, cluster: Cluster, obj: Json) -> Json:
    told = handlers.shown(cluster, request.caller, obj)
    pool = store.network_of(cluster, told["floating_network_id"])
    return {
        "fixed_ip": told["fixed_ip_address"],
        "id": told["id"],
        "instance_id": (told["port_details"] or {}).get("device_id") or None,
        "ip": told["floating_ip_address"],
        "pool": networks.name_of(pool) if pool is not None else told["floating_network_id"],
    }


async def index(request: Request, cluster: Cluster) -> Response:
    """List the floating IPs of the project."""
    found = cluster.cache(FLOATING_IP.kind).find("namespace", request.caller.namespace)
    return Response({"floating_ips": [_view(request, cluster, one) for one in found if store.alive(one)]})


def _missing(request: Request) -> NotFound:
    return NotFound(f"Floating IP not found for ID {request.params['id']}")


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one floating IP."""
    try:
        found = await store.find(cluster, request.caller, FLOATING_IP, request.params["id"])
    except NotFound as error:
        raise _missing(request) from error
    return Response({"floating_ip": _view(request, cluster, found)})


async def create(request: Request, cluster: Cluster) -> Response:
    """Take an address of a pool, by its name or id; of the only one where none is named."""
    name = (request.body or {}).get("pool") or ""
    found = [one for one in networks.external(request, cluster) if _is_named(one, name)]
    if len(found) != 1:
        raise NotFound("Floating IP pool not found.")
    wish = {
        "floating_network_id": store.identity(NETWORK, found[0]),
        "project_id": request.caller.project_id,
        "description": "",
        "subnet_id": None,
        "port_id": None,
    }
    try:
        made = await handlers.make(cluster, request.caller, wish)
    except Conflict as error:
        raise _as_nova_says(error, name) from error
    return Response({"floating_ip": _view(request, cluster, made)})


def _is_named(network: Json, name: str) -> bool:
    return name in ("", networks.name_of(network), store.identity(NETWORK, network))


def _as_nova_says(error: Conflict, pool: str) -> ApiError:
    if error.kind == addresses.EXHAUSTED:
        return NotFound(f"No more floating IPs in pool {pool}." if pool else "No more floating IPs available.")
    if error.kind == "OverQuota":
        return Forbidden(f"IP allocation over quota in pool {pool}." if pool else "IP allocation over quota.")
    return error


async def delete(request: Request, cluster: Cluster) -> Response:
    """Give a floating IP back, wherever it leads."""
    try:
        found = await store.own(cluster, request.caller, FLOATING_IP, request.params["id"], "delete")
    except NotFound as error:
        raise _missing(request) from error
    await handlers.unmake(cluster, request.caller, found)
    return Response(status=202)
