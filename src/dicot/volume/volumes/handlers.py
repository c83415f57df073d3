"""Handlers of volumes: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOTS
from dicot.volume import annotate, claims, flags, listing, projects, quota, spelling
from dicot.volume.snapshots.status import status as snapshot_status
from dicot.volume.volumes import creation, facts, selection, view
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.selection import Row
from dicot.volume.volumes.status import status

Json = dict[str, Any]

DELETABLE = frozenset({"available", "error", "error_restoring", "error_extending", "error_managing"})
_NOT_DELETABLE = (
    "Invalid volume: Volume status must be available or error or error_restoring or error_extending or error_managing "
    "and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer, or be disassociated "
    "from snapshots after volume transfer."
)


def state(volume: Volume) -> str:
    """Tell a volume's status now."""
    return status(volume, fresh_promise=claims.is_fresh(volume.claim))


def _rows(request: Request, cluster: Cluster) -> list[Row]:
    namespace = None if listing.every_project(request) else request.caller.namespace
    rows = [
        Row(one, state(one), projects.of_namespace(cluster, one.namespace)) for one in facts.all_in(cluster, namespace)
    ]
    return selection.matching(request, rows)


def _page(request: Request, cluster: Cluster) -> tuple[list[Row], int]:
    rows = listing.order(request, _rows(request, cluster), selection.SORTABLE)
    most = cluster.config.page_max
    page = listing.cut(request, rows, lambda row: row.volume.id, most=most, missing=_missing)
    return page, len(rows)


def _missing(volume_id: str) -> Exception:
    return NotFound(f"Volume {volume_id} could not be found.")


def full(request: Request, row: Row) -> Json:
    """Describe a volume as `show` and `detail` do."""
    return view.volume(request, row.volume, row.status) | view.seen(request, row.volume, row.project_id)


async def index(request: Request, cluster: Cluster) -> Response:
    """List volumes by id and name."""
    page, total = _page(request, cluster)
    views = [view.brief(request, row.volume) for row in page]
    most = cluster.config.page_max
    return Response(listing.enveloped(request, "volumes", views, path="/volumes", total=total, most=most))


async def detail(request: Request, cluster: Cluster) -> Response:
    """List volumes in full."""
    page, total = _page(request, cluster)
    views = [full(request, row) for row in page]
    most = cluster.config.page_max
    return Response(listing.enveloped(request, "volumes", views, path="/volumes/detail", total=total, most=most))


async def summary(request: Request, cluster: Cluster) -> Response:
    """Sum up the volumes of the project, or of all."""
    volumes = [row.volume for row in _rows(request, cluster)]
    return Response(view.summary(volumes, with_metadata=not request.before(flags.SUMMARY_METADATA)))


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one volume."""
    volume = await facts.seek(cluster, request.caller, request.params["volume_id"])
    row = Row(volume, state(volume), projects.of_namespace(cluster, volume.namespace))
    return Response({"volume": full(request, row)})


async def encryption(request: Request, cluster: Cluster) -> Response:
    """Tell that Cinder does not encrypt the volume (its storage may)."""
    await facts.seek(cluster, request.caller, request.params["volume_id"])
    return Response({"encryption_key_id": None})


async def create(request: Request, cluster: Cluster) -> Response:
    """Create a volume: one DataVolume, from which CDI makes the claim."""
    wanted = await creation.plan(request, cluster)
    try:
        made = await cluster.create(request.caller, DATA_VOLUMES, wanted, request.caller.namespace)
    except kube.QuotaExceeded as error:
        raise quota.over(f"UnexpectedOverQuota: {error.message}") from error
    volume = facts.gather(cluster, made)
    described = view.volume(request, volume, "creating") | {"updated_at": None}
    return Response({"volume": described}, status=202)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change name, description, or all metadata."""
    body = request.body["volume"]
    found = await facts.settled(cluster, request.caller, request.params["volume_id"])
    name, description = creation.named(body)
    values: dict[str, str | None] = {}
    if {"name", "display_name"} & body.keys():
        values[names.NAME] = name
    if {"description", "display_description"} & body.keys():
        values[names.DESCRIPTION] = description
    if "metadata" in body:
        values[spelling.METADATA] = spelling.encoded(body["metadata"]) if body["metadata"] else None
    if values:
        found = await annotate.write(cluster, request.caller, found, values)
    volume = facts.gather(cluster, found)
    return Response({"volume": view.volume(request, volume, state(volume))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a volume, with its snapshots if asked to (`cascade`)."""
    volume = await facts.seek(cluster, request.caller, request.params["volume_id"])
    cascade = listing.asked_true(request, "cascade")
    force = not request.before(flags.DELETE_FORCE) and listing.asked_true(request, "force")
    if force and not request.caller.cloud_admin:
        raise Forbidden("Policy doesn't allow volume:force_delete to be performed.")
    await remove(request, cluster, volume, cascade=cascade, force=force)
    return Response(status=202)


async def remove(request: Request, cluster: Cluster, volume: Volume, *, cascade: bool, force: bool) -> None:
    """Delete a volume's objects, or raise in Cinder's words why not."""
    live = [one for one in volume.snapshots if snapshot_status(one) != "deleting"]
    busy = [one for one in live if snapshot_status(one) not in {"available", "error"}]
    blocked = busy if cascade and not force else [] if cascade else live
    if volume.uses or blocked or not (force or state(volume) in DELETABLE):
        raise BadRequest(_NOT_DELETABLE)
    for one in live if cascade else ():
        await cluster.delete(request.caller, VOLUME_SNAPSHOTS, one)
    if volume.data_volume is not None:
        await cluster.delete(request.caller, DATA_VOLUMES, volume.data_volume)
    if volume.claim["kind"] == "PersistentVolumeClaim":
        # Kubernetes would collect it, but a moment later; so it is "deleting" at once.
        await cluster.delete(request.caller, PERSISTENT_VOLUME_CLAIMS, volume.claim)
