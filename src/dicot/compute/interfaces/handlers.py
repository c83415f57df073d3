"""Handlers of a server's network interfaces: its ports, as Nova shows them, plugged in and out while it exists."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import ApiError, BadRequest, Conflict, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.interfaces import manifest
from dicot.compute.servers import actions, answers, lookup, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.manifest import DEFAULT_ZONE
from dicot.network import plug, store
from dicot.network import servers as ports
from dicot.network.drivers import Wire, link
from dicot.network.drivers.choice import of as driver_of
from dicot.network.ports import view as port_view

Json = dict[str, Any]

_CHANGEABLE = (actions.ACTIVE, actions.PAUSED, actions.STOPPED)


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
    vm = await _vm(request, cluster)
    return Response({"interfaceAttachment": _named(cluster, vm, request.params["port_id"])})


async def create(request: Request, cluster: Cluster) -> Response:
    """Attach a port: one that is there, or one made for it."""
    vm = await _vm(request, cluster)
    server_id = names.identity_of(vm, lookup.NOUN)
    wish = _wish(request.body.get("interfaceAttachment") or {})
    state_rules.require_unlocked(request, vm)
    found = answers.entry(cluster, vm)
    state_rules.require(vm, found.state, "attach_interface", _CHANGEABLE)
    hot = _hot(found)
    place = manifest.place(vm, hot=hot)
    plug.require_room(driver_of(cluster), len(plug.ports_of(cluster, vm["metadata"]["namespace"], server_id)) + 1)
    zone = found.beside.zone or DEFAULT_ZONE
    server = plug.Server(id=server_id, namespace=vm["metadata"]["namespace"], zone=zone)
    try:
        nic = await plug.more(cluster, request.caller, wish, server, place=place, hot=hot)
    except ApiError as error:
        raise _as_attached(error, server_id, wish) from error
    try:
        vm = await _plugged(request, cluster, found, nic)
    except BaseException:
        await plug.undo(cluster, request.caller, [nic])
        raise
    await plug.bind(cluster, request.caller, vm, [nic])
    return Response({"interfaceAttachment": _named(cluster, vm, nic.port_id)})


def _wish(asked: Json) -> plug.NicRequest:
    network_id, port_id = asked.get("net_id") or "", asked.get("port_id") or ""
    fixed_ip = asked["fixed_ips"][0]["ip_address"] if "fixed_ips" in asked else ""
    if network_id and port_id:
        raise BadRequest("Must not input both network_id and port_id")
    if fixed_ip and not network_id:
        raise BadRequest("Must input network_id when request IP address")
    return plug.NicRequest(network_id=network_id, port_id=port_id, fixed_ip=fixed_ip, tag=asked.get("tag") or "")


def _as_attached(error: ApiError, server_id: str, wish: plug.NicRequest) -> ApiError:
    """Give a refusal the status that Nova gives it where the server exists already."""
    if error.kind in (plug.NO_PORT, plug.NO_NETWORK):
        return NotFound(error.message)
    if error.kind == plug.ADDRESS_TAKEN:
        return Conflict(f"Fixed IP address {wish.fixed_ip} is already in use on instance {server_id}.")
    return error


def _hot(found: Entry) -> bool:
    """Tell whether there is a guest that an interface has to come to, or to leave."""
    return found.vmi is not None and found.state.vm_state != actions.STOPPED


async def _plugged(request: Request, cluster: Cluster, found: Entry, nic: plug.Nic) -> Json:
    """Tell the running pod what the port is to be, then change the machine, which KubeVirt follows."""
    if _hot(found) and found.vmi is not None:
        told = names.annotations_of(found.vmi)
        provider = next((key.partition("/")[0] + "/" for key in nic.annotations), "/")
        stale = {key: None for key in told if key.startswith(provider)}
        await link.carry(cluster, request.caller, found.vm, {"annotations": {**stale, **nic.annotations}})

    def decide(now: Json) -> list[Json]:
        plug.require_room(driver_of(cluster), len(manifest.networks(now)) + 1)
        plug.refuse_two_of_one([*manifest.networks(now), nic.network])
        return manifest.plugged(now, nic)

    return await revision.act(request, cluster, found.vm, "attach_interface", decide)


def _named(cluster: Cluster, vm: Json, port_id: str) -> Json:
    for one in _attachments(cluster, vm):
        if one["port_id"] == port_id:
            return one
    raise NotFound(f"Port id {port_id} could not be found.")


async def delete(request: Request, cluster: Cluster) -> Response:
    """Detach a port; one that was made for the server goes, the user's own is free again."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "detach_interface", _CHANGEABLE)
    port_id, server_id = request.params["port_id"], answers.identity(found)
    ports = plug.ports_of(cluster, found.vm["metadata"]["namespace"], server_id)
    port = next((one for one in ports if names.identity_of(one, "port") == port_id), None)
    if port is None:
        raise NotFound(f"Port {port_id} is not attached")
    await _unplugged(request, cluster, found, port)
    await plug.let_go(cluster, request.caller, port)
    return Response(status=202)


async def _unplugged(request: Request, cluster: Cluster, found: Entry, port: Json) -> None:
    """Take a port out of the machine; NotImplementedHere for the pod's own interface of a running guest."""
    name, hot = link.name(port), _hot(found)
    wired = next((one for one in manifest.networks(found.vm) if one["name"] == name), None)
    if wired is None:
        return  # what did not come to the machine, or has left it
    if hot and "multus" not in wired:
        raise NotImplementedHere("The requested functionality is not supported.")
    told = _told(cluster, port, wired)
    change = manifest.leaving if hot else manifest.unplugged
    await revision.act(
        request,
        cluster,
        found.vm,
        "detach_interface",
        lambda now: change(now, name, told.annotations, told.labels),
    )


def _told(cluster: Cluster, port: Json, wired: Json) -> Wire:
    """Return what the template says of a port, by the keys of its annotations and labels."""
    network = store.network_of(cluster, port["spec"]["networkId"])
    if network is None:
        return Wire(network=wired, interface={})
    return driver_of(cluster).plug(cluster, port, network, 0 if "pod" in wired else 1)
