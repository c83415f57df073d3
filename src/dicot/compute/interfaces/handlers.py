"""Handlers of a server's network interfaces: its ports, as Nova shows them. Reads only."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import lookup
from dicot.network import plug, store
from dicot.network import servers as ports
from dicot.network.ports import view as port_view

Json = dict[str, Any]


async def _vm(request: Request, cluster: Cluster) -> Json:
    return await lookup.find(cluster, request.caller, request.params["server_id"])


def _attachments(cluster: Cluster, vm: Json) -> list[Json]:
    vmi = lookup.instance_of(cluster, vm)
    devices = vm["spec"]["template"]["spec"].get("domain", {}).get("devices") or {}
    tags = {one["name"]: one.get("tag") for one in devices.get("interfaces") or ()}
    server_id = names.identity_of(vm, lookup.NOUN)
    plugged = plug.ports_of(cluster, vm["metadata"]["namespace"], server_id)
    return [_attachment(cluster, port, vmi, tags) for port in plugged]


def _attachment(cluster: Cluster, port: Json, vmi: Json | None, tags: dict[str, str | None]) -> Json:
    port_id, network_id = names.identity_of(port, "port"), port["spec"]["networkId"]
    subnets = store.subnets_of(cluster, network_id)
    return {
        "net_id": network_id,
        "port_id": port_id,
        "mac_addr": port["spec"]["macAddress"],
        "port_state": port_view.status(port, vmi),
        "fixed_ips": [
            {"subnet_id": one["subnet_id"], "ip_address": one["ip_address"]}
            for one in ports.fixed_ips(port, vmi, subnets)
        ],
        "tag": tags.get(f"port-{port_id}"),
    }


async def index(request: Request, cluster: Cluster) -> Response:
    """List a server's ports."""
    return Response({"interfaceAttachments": _attachments(cluster, await _vm(request, cluster))})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one port of a server."""
    port_id = request.params["port_id"]
    for one in _attachments(cluster, await _vm(request, cluster)):
        if one["port_id"] == port_id:
            return Response({"interfaceAttachment": one})
    raise NotFound(f"Port id {port_id} could not be found.")


async def refuse(request: Request, cluster: Cluster) -> Response:
    """Refuse to plug and unplug while a server exists, in Nova's words."""
    await _vm(request, cluster)
    raise NotImplementedHere("The requested functionality is not supported.")
