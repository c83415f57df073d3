"""Handlers of aggregates: gather, decide, act, in Nova's words."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import ApiError, BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute.aggregates import lookup, manifest, view
from dicot.compute.kinds import AGGREGATES
from dicot.compute.servers.manifest import ZONE_LABEL
from dicot.kube import errors as kube
from dicot.kube.kinds import NODES, VIRTUAL_MACHINE_INSTANCES

Json = dict[str, Any]

_STATES_NO_ZONE = "Aggregate {} does not support empty named availability zone"


def _view(cluster: Cluster, aggregate: Json) -> Json:
    return view.aggregate(aggregate, (node["metadata"]["name"] for node in lookup.hosts(cluster, aggregate)))


async def _find(request: Request, cluster: Cluster) -> Json:
    return await lookup.find(cluster, request.caller, request.params["aggregate_id"])


async def index(_: Request, cluster: Cluster) -> Response:
    """List aggregates, oldest first."""
    return Response({"aggregates": [_view(cluster, one) for one in lookup.every(cluster)]})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one aggregate."""
    return Response({"aggregate": _view(cluster, await _find(request, cluster))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make an aggregate; 409 if there is one of this name."""
    asked = request.body["aggregate"]
    name, zone = asked["name"], asked.get("availability_zone")
    if zone:
        _require_label(zone)
    if lookup.named(cluster, name) is not None:
        raise _exists(name)
    taken = {view.number(one) for one in lookup.every(cluster)}
    aggregate_id = next(one for one in iter(names.new_id, "") if manifest.number(one) not in taken)
    body = manifest.aggregate(aggregate_id, manifest.object_name(name), name, zone)
    try:
        made = await cluster.create(request.caller, AGGREGATES, body)
    except kube.AlreadyExists:
        made = await _beside(request, cluster, body)
    return Response({"aggregate": view.created(made)})


async def _beside(request: Request, cluster: Cluster, body: Json) -> Json:
    """Make an aggregate although an object has its name: another replica was faster, or that one is called else now."""
    name = body["spec"]["name"]
    there = await cluster.look(AGGREGATES, body["metadata"]["name"])
    if there["spec"]["name"] == name:
        raise _exists(name)
    body = {**body, "metadata": {**body["metadata"], "name": names.object_name(name)}}
    return await cluster.create(request.caller, AGGREGATES, body)


def _exists(name: str) -> Conflict:
    return Conflict(f"Aggregate {name} already exists.")


def _require_label(zone: str) -> None:
    if not names.may_be_label(zone):
        raise BadRequest(
            f"Availability zone {zone!r} is not supported: it is the label {ZONE_LABEL} of nodes, which takes at most "
            "63 letters, digits, dashes, dots and underscores."
        )


async def update(request: Request, cluster: Cluster) -> Response:
    """Change the name, the zone, or both."""
    aggregate, asked = await _find(request, cluster), dict(request.body["aggregate"])
    name = asked.pop("name", None)
    name = None if name is None else name.strip()
    other = None if name is None else lookup.named(cluster, name)
    if other is not None and other["metadata"]["uid"] != aggregate["metadata"]["uid"]:
        raise _exists(str(name))
    refused = f"Cannot update aggregate {view.number(aggregate)}. Reason: "
    return Response({"aggregate": await _write(request, cluster, aggregate, name, asked, refused)})


async def set_metadata(request: Request, cluster: Cluster) -> Response:
    """Change keys of the metadata; null takes one away."""
    aggregate, asked = await _find(request, cluster), request.body["set_metadata"]["metadata"]
    refused = f"Cannot update metadata of aggregate {view.number(aggregate)}. Reason: "
    return Response({"aggregate": await _write(request, cluster, aggregate, None, asked, refused)})


async def _write(
    request: Request, cluster: Cluster, aggregate: Json, name: str | None, metadata: Json, refused: str
) -> Json:
    """Change the aggregate, its hosts before: a try that ends between the two is finished by the next one."""
    if manifest.ZONE in metadata:
        zone = metadata[manifest.ZONE]
        for node in _moving(cluster, aggregate, zone, refused):
            await cluster.patch(request.caller, NODES, node["metadata"]["name"], manifest.moved(zone))
    change = manifest.changed(name, metadata)
    if change["spec"]:
        aggregate = await cluster.patch(request.caller, AGGREGATES, aggregate["metadata"]["name"], change)
    return _view(cluster, aggregate)


def _moving(cluster: Cluster, aggregate: Json, zone: str | None, refused: str) -> list[Json]:
    """Return the nodes that are to get another zone; 400 where they have one of their own, or run servers."""
    if not zone:
        raise BadRequest(f"{refused}{_STATES_NO_ZONE.format(aggregate['spec']['name'])}.")
    _require_label(zone)
    hosts = lookup.hosts(cluster, aggregate)
    others = {_other_zone(cluster, node, aggregate) or zone for node in hosts} - {zone}
    if others:
        raise BadRequest(f"{refused}One or more hosts already in availability zone(s) {sorted(others)}.")
    moving = [node for node in hosts if names.labels_of(node).get(ZONE_LABEL) != zone]
    if any(_servers_on(cluster, node) for node in moving):
        raise BadRequest(f"{refused}One or more hosts contain instances in this zone.")
    return moving


def _other_zone(cluster: Cluster, node: Json, aggregate: Json) -> str | None:
    """Return the zone that a node has whatever this aggregate says: its own, or another aggregate's."""
    zone = names.labels_of(node).get(ZONE_LABEL)
    if zone is None or manifest.ZONE_GIVEN not in names.annotations_of(node):
        return zone
    others = [one for one in lookup.around(cluster, node) if one["metadata"]["uid"] != aggregate["metadata"]["uid"]]
    return zone if any(view.metadata(one).get(manifest.ZONE) for one in others) else None


def _servers_on(cluster: Cluster, node: Json) -> int:
    name = node["metadata"]["name"]
    instances = cluster.cache(VIRTUAL_MACHINE_INSTANCES).all()
    return sum((vmi.get("status") or {}).get("nodeName") == name for vmi in instances)


async def add_host(request: Request, cluster: Cluster) -> Response:
    """Put a host into an aggregate: a label of the node, and the zone if it has none."""
    name = request.body["add_host"]["host"]
    node, aggregate = await _both(request, cluster, name, NotFound(f"Compute host {name} could not be found."))
    refused = f"Cannot add host to aggregate {view.number(aggregate)}. Reason: "
    zone, have = view.metadata(aggregate).get(manifest.ZONE), names.labels_of(node).get(ZONE_LABEL)
    if zone and have not in (None, zone):
        raise Conflict(f"{refused}One or more hosts already in availability zone(s) ['{have}'].")
    if zone and have is None and (count := _servers_on(cluster, node)):
        raise Conflict(f"{refused}{_with_servers('added to', None, zone, count)}.")
    if manifest.member_label(aggregate) in names.labels_of(node):
        raise Conflict(f"Aggregate {view.number(aggregate)} already has host {name}.")
    await cluster.patch(request.caller, NODES, name, manifest.joined(aggregate, zone if have is None else None))
    return Response({"aggregate": _view(cluster, aggregate)})


async def remove_host(request: Request, cluster: Cluster) -> Response:
    """Take a host out of an aggregate, and its zone if it has that from there."""
    name, number = request.body["remove_host"]["host"], request.params["aggregate_id"]
    missing = NotFound(f"Cannot remove host {name} in aggregate {number}")
    node, aggregate = await _both(request, cluster, name, missing)
    if manifest.member_label(aggregate) not in names.labels_of(node):
        raise missing
    zone = view.metadata(aggregate).get(manifest.ZONE)
    leaves = zone is not None and _other_zone(cluster, node, aggregate) is None
    if leaves and (count := _servers_on(cluster, node)):
        reason = _with_servers("removed from", zone, None, count)
        raise Conflict(f"Cannot remove host from aggregate {number}. Reason: {reason}.")
    await cluster.patch(request.caller, NODES, name, manifest.left(aggregate, with_zone=leaves))
    return Response({"aggregate": _view(cluster, aggregate)})


def _with_servers(what: str, old: str | None, new: str | None, count: int) -> str:
    return (
        f"The host cannot be {what} the aggregate as the availability zone of the host would change from '{old}' to "
        f"'{new}' but the host already has {count} instance(s). Changing the AZ of an existing instance is not "
        "supported by this action. Move the instances away from this host then try again. If you need to move the "
        "instances between AZs then you can use shelve_offload and unshelve to achieve this."
    )


async def _both(request: Request, cluster: Cluster, name: str, missing: ApiError) -> tuple[Json, Json]:
    """Return a host and the aggregate of the path."""
    number = request.params["aggregate_id"]
    if not lookup.is_number(number):
        raise lookup.no_number()
    node = next((one for one in nodes.hosts(cluster) if one["metadata"]["name"] == name), None)
    if node is None:
        raise missing
    try:
        return node, await _find(request, cluster)
    except NotFound as error:
        raise (missing if "remove_host" in request.body else error) from error


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete an aggregate that has no host."""
    aggregate = await _find(request, cluster)
    if lookup.hosts(cluster, aggregate):
        number = view.number(aggregate)
        raise BadRequest(f"Cannot remove host from aggregate {number}. Reason: Host aggregate is not empty.")
    await cluster.delete(request.caller, AGGREGATES, aggregate)
    return Response()


async def images(request: Request, cluster: Cluster) -> Response:
    """Refuse to cache images on hosts: a server's disk is cloned from its image where the storage is."""
    wanted = [one["id"] for one in request.body["cache"]]
    if not lookup.is_number(request.params["aggregate_id"]):
        raise lookup.no_number()
    if len(set(wanted)) != len(wanted):
        raise BadRequest("Duplicate images in request")
    await _find(request, cluster)
    raise BadRequest("Images are not cached on hosts here: a server's disk is cloned from its image by the storage.")
