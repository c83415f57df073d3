"""Handlers of a server's migrations: list and show what is under way, abort it."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.migrations import lookup, view
from dicot.compute.server_migrations.changes import QUEUED_CAN_BE_ABORTED
from dicot.compute.servers import answers, beside, state_rules
from dicot.compute.servers import lookup as servers
from dicot.kube.kinds import VIRTUAL_MACHINE_INSTANCE_MIGRATIONS

Json = dict[str, Any]


async def index(request: Request, cluster: Cluster) -> Response:
    """List the migrations of a server that are under way."""
    vm = await servers.find(cluster, request.caller, request.params["server_id"])
    jobs = [job for job in beside.migrations(cluster, vm) if view.status(job) in view.UNDER_WAY]
    return Response({"migrations": [view.of_server(lookup.row(cluster, vm, job)) for job in jobs]})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show a migration that is under way."""
    vm, server_id, asked = await _server(request, cluster)
    job = _job(cluster, vm, asked)
    if job is None:
        raise NotFound(f"In-progress live migration {asked} is not found for server {server_id}.")
    if view.status(job) not in view.UNDER_WAY:
        raise NotFound(f"Live migration {asked} for server {server_id} is not in progress.")
    return Response({"migration": view.of_server(lookup.row(cluster, vm, job))})


async def _server(request: Request, cluster: Cluster) -> tuple[Json, str, str]:
    server_id = request.params["server_id"]
    vm = await servers.find(cluster, request.caller, server_id)
    return vm, server_id, request.params["migration_id"]


def _job(cluster: Cluster, vm: Json, asked: str) -> Json | None:
    return next((job for job in beside.migrations(cluster, vm) if str(view.number(job)) == asked), None)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Abort a migration: the server stays where it is."""
    vm, server_id, asked = await _server(request, cluster)
    job = _in_flight(cluster, vm, asked, "abort live migration")
    if job is None:
        raise NotFound(f"Migration {asked} not found for instance {server_id}")
    now = view.status(job)
    allowed = {"running"} if request.before(QUEUED_CAN_BE_ABORTED) else view.UNDER_WAY
    if now not in allowed:
        raise _wrong_state(asked, server_id, now, "abort live migration")
    await cluster.delete(request.caller, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, job)
    return Response(status=202)


def _in_flight(cluster: Cluster, vm: Json, asked: str, what: str) -> Json | None:
    """Return the migration; Conflict if the server is not being migrated."""
    entry = answers.entry(cluster, vm)
    if entry.state.task_state != "migrating":
        raise state_rules.cannot(what, answers.identity(entry), "task_state", str(entry.state.task_state))
    return _job(cluster, vm, asked)


def _wrong_state(asked: str, server_id: str, now: str, what: str) -> BadRequest:
    return BadRequest(
        f"Migration {asked} state of instance {server_id} is {now}. Cannot {what} while the migration is in this state."
    )


async def force_complete(request: Request, cluster: Cluster) -> Response:
    """Refuse to end a migration sooner: no call of KubeVirt's does."""
    vm, server_id, asked = await _server(request, cluster)
    job = _in_flight(cluster, vm, asked, "force_complete")
    if job is None:
        raise BadRequest(f"Migration {asked} not found for instance {server_id}")
    if view.status(job) != "running":
        raise _wrong_state(asked, server_id, view.status(job), "force_complete")
    raise NotImplementedHere("The requested functionality is not supported.")
