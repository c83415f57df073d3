"""Handlers of services: nodes are cordoned, said to be down, and removed."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute import parameters as p
from dicot.compute.services import changes, manifest, view
from dicot.kube.kinds import LEASES, NODES, VIRTUAL_MACHINE_INSTANCES

Json = dict[str, Any]

DOWN_AFTER = timedelta(seconds=60)
"""Nova's `service_down_time`."""
_RECONCILER = "dicot-reconciler"


async def _leaders(request: Request, cluster: Cluster) -> list[Json]:
    """Describe what leads by a Lease, read as the user: these are seldom asked for, and change every few seconds."""
    found: list[Json] = []
    for binary, name, namespace in (
        ("nova-scheduler", "kube-scheduler", "kube-system"),
        ("nova-conductor", _RECONCILER, cluster.config.system_namespace),
    ):
        client = cluster.as_user(request.caller)
        leases, _ = await client.list(LEASES, namespace, fields=f"metadata.name={name}")
        found += [view.leader(binary, lease, up=_is_renewed(lease)) for lease in leases]
    return found


def _is_renewed(lease: Json) -> bool:
    renewed = (lease.get("spec") or {}).get("renewTime")
    return bool(renewed) and datetime.now(UTC) - datetime.fromisoformat(renewed) < DOWN_AFTER


async def _services(request: Request, cluster: Cluster) -> list[Json]:
    return [*await _leaders(request, cluster), *(view.compute(node) for node in nodes.hosts(cluster))]


async def index(request: Request, cluster: Cluster) -> Response:
    """List services, of one host or one kind if asked for."""
    host, binary = request.asked("host"), request.asked("binary")
    found = [
        one for one in await _services(request, cluster) if host in ("", one["host"]) and binary in ("", one["binary"])
    ]
    return Response({"services": found})


async def _act(request: Request, cluster: Cluster) -> Response:
    """Do what the path says to the service that the body names."""
    action, body = request.params["service_id"], request.body
    change, told = _action(request, action, body)
    if body["binary"] != view.COMPUTE:
        raise _not_updatable(body["binary"])
    node = next((one for one in nodes.hosts(cluster) if one["metadata"]["name"] == body["host"]), None)
    if node is None:
        raise NotFound(f"Host '{body['host']}' is not mapped to any cell")
    await _write(request, cluster, node, change)
    return Response({"service": {"host": body["host"], "binary": body["binary"], **told}})


def _action(request: Request, action: str, body: Json) -> tuple[Json, Json]:
    """Return the change to the node, and what is answered of it."""
    if action == "enable":
        return manifest.enabled(), {"status": "enabled"}
    if action == "disable":
        return manifest.disabled(None), {"status": "disabled"}
    if action == "disable-log-reason":
        if "disabled_reason" not in body:
            raise BadRequest("Missing disabled reason field")
        reason = body["disabled_reason"]
        return manifest.disabled(reason), {"status": "disabled", "disabled_reason": reason}
    if action == "force-down" and not request.before(changes.FORCED_DOWN):
        if "forced_down" not in body:
            raise BadRequest("Missing forced_down field")
        down = p.truth(body["forced_down"])
        return manifest.forced_down(down), {"forced_down": down}
    raise NotFound("Unknown action")


def _not_updatable(binary: str) -> BadRequest:
    return BadRequest(f"Updating a {binary} service is not supported. Only nova-compute services can be updated.")


async def _write(request: Request, cluster: Cluster, node: Json, change: Json) -> Json:
    return await cluster.patch(request.caller, NODES, node["metadata"]["name"], change)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change the service that the path names; to older clients the path names what to do."""
    if request.before(changes.IDS_ARE_UUIDS):
        return await _act(request, cluster)
    service_id = request.params["service_id"]
    found = await _one(request, cluster, f"Service {service_id} could not be found.")
    if found["binary"] != view.COMPUTE:
        raise _not_updatable(found["binary"])
    written = await _write(request, cluster, _node(cluster, found["id"]), _change(request.body))
    return Response({"service": view.compute(written)})


def _change(body: Json) -> Json:
    """Join what is asked for; 400, in Nova's words, for a request that changes nothing or contradicts itself."""
    status, reason = body.get("status"), body.get("disabled_reason")
    if status == "enabled" and reason:
        raise BadRequest("Specifying 'disabled_reason' with status 'enabled' is invalid.")
    change: Json = {}
    if status:
        change = manifest.enabled() if status == "enabled" else manifest.disabled(reason)
    if "forced_down" in body:
        change = manifest.both(change, manifest.forced_down(p.truth(body["forced_down"])))
    if not change:
        raise BadRequest("No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    return change


def _node(cluster: Cluster, service_id: str) -> Json:
    return next(node for node in nodes.hosts(cluster) if nodes.service_id(node) == service_id)


async def _one(request: Request, cluster: Cluster, missing: str) -> Json:
    asked = request.params["service_id"]
    if request.before(changes.IDS_ARE_UUIDS):
        if not re.fullmatch(r"-?[0-9]+", asked, re.ASCII):
            raise BadRequest("Invalid input received: id must be an integer")
    elif not names.is_uuid(asked):
        raise BadRequest(f"Invalid uuid {asked}")
    old = request.before(changes.IDS_ARE_UUIDS)
    for service in await _services(request, cluster):
        if asked == (str(nodes.number(service["id"])) if old else service["id"]):
            return service
    raise NotFound(missing)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Remove a node from the cluster: only one that is down, for all that runs on it would go with it."""
    found = await _one(request, cluster, f"Service {request.params['service_id']} not found.")
    if found["binary"] != view.COMPUTE:
        raise Conflict(f"A {found['binary']} service cannot be deleted: it is a part of the cluster.")
    node = _node(cluster, found["id"])
    if _runs_servers(cluster, found["host"]):
        raise Conflict(
            "Unable to delete compute service that is hosting instances. Migrate or delete the instances first."
        )
    if nodes.is_ready(node):
        raise Conflict(
            "Unable to delete compute service that is up: other workloads of the node would be deleted, too."
        )
    await cluster.delete(request.caller, NODES, node)
    return Response(status=204)


def _runs_servers(cluster: Cluster, host: str) -> bool:
    instances = cluster.cache(VIRTUAL_MACHINE_INSTANCES).all()
    return any((vmi.get("status") or {}).get("nodeName") == host for vmi in instances)
