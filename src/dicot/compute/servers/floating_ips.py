"""Floating IPs as clients older than 2.44 lead them to a server: gather, decide, act, in Nova's words."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import lookup
from dicot.network import plug, servers, store
from dicot.network.floatingips.handlers import lead
from dicot.network.kinds import FLOATING_IPS
from dicot.network.resources import FLOATING_IP, PORT

Json = dict[str, Any]


async def add(request: Request, cluster: Cluster) -> Response:
    """Let a floating IP lead to a server, wherever it led before."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    server_id = names.identity_of(vm, lookup.NOUN)
    asked = request.body["addFloatingIp"]
    port, fixed = _chosen(cluster, vm, server_id, asked["address"], asked.get("fixed_address"))
    floating = _floating_ip(cluster, vm, asked["address"])
    if floating is None:
        raise NotFound("floating IP not found")
    wish: Json = {"port_id": store.identity(PORT, port)}
    if port["spec"].get("fixedIps"):
        wish["fixed_ip_address"] = fixed
    try:
        await lead(cluster, request.caller, store.identity(FLOATING_IP, floating), wish)
    except (BadRequest, Conflict, NotFound) as error:
        raise BadRequest(
            f"Unable to associate floating IP {asked['address']} to fixed IP {fixed} for instance {server_id}. "
            f"Error: {error.message}"
        ) from error
    return Response(status=202)


def _floating_ip(cluster: Cluster, vm: Json, address: str) -> Json | None:
    found = cluster.cache(FLOATING_IPS).find("namespace", vm["metadata"]["namespace"])
    return next((one for one in found if store.alive(one) and one["spec"]["floatingIpAddress"] == address), None)


def _chosen(cluster: Cluster, vm: Json, server_id: str, address: str, fixed: str | None) -> tuple[Json, str]:
    """Return the port to lead to, and which of its addresses."""
    vmi = lookup.instance_of(cluster, vm)
    have = [
        (port, one["ip_address"])
        for port in plug.ports_of(cluster, vm["metadata"]["namespace"], server_id)
        for one in servers.fixed_ips(port, vmi, store.subnets_of(cluster, port["spec"]["networkId"]))
    ]
    if not have:
        raise BadRequest("No fixed IPs associated to instance")
    if fixed is not None:
        found = next((one for one in have if one[1] == fixed), None)
        if found is None:
            raise BadRequest("Specified fixed address not assigned to instance")
        return found
    found = next((one for one in have if ":" not in one[1]), None)
    if found is None:
        raise BadRequest(
            f"Unable to associate floating IP {address} to any fixed IPs for instance {server_id}. Instance has no "
            "fixed IPv4 addresses to associate."
        )
    return found


async def remove(request: Request, cluster: Cluster) -> Response:
    """Let a floating IP no longer lead to a server; 409 if it does not."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    server_id = names.identity_of(vm, lookup.NOUN)
    address = request.body["removeFloatingIp"]["address"]
    floating = _floating_ip(cluster, vm, address)
    if floating is None:
        raise NotFound(f"Floating IP not found for address {address}.")
    ports = plug.ports_of(cluster, vm["metadata"]["namespace"], server_id)
    if floating["spec"].get("portId") not in {store.identity(PORT, port) for port in ports}:
        raise Conflict(f"Floating IP {address} is not associated with instance {server_id}.")
    await lead(cluster, request.caller, store.identity(FLOATING_IP, floating), {"port_id": None})
    return Response(status=202)
