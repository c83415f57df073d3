"""Handlers of snapshots: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden, NotFound, NotImplementedHere
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import VOLUME_SNAPSHOTS
from dicot.volume import annotate, flags, listing, projects, quota, spelling
from dicot.volume.snapshots import facts, manifest, selection, view
from dicot.volume.snapshots.record import TYPE, Snapshot
from dicot.volume.snapshots.selection import Row
from dicot.volume.snapshots.status import status
from dicot.volume.spelling import encoded
from dicot.volume.types import facts as type_facts
from dicot.volume.volumes import creation
from dicot.volume.volumes import facts as volume_facts
from dicot.volume.volumes import handlers as volume_handlers
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.view import DEFAULT_ZONE, type_name

Json = dict[str, Any]

_FORCE_IS_OVER = (
    "Since microversion 3.66 the 'force' flag is invalid for this request.  For backward compatability, however, when "
    "the 'force' flag is passed with a value evaluating to True, it is silently ignored."
)


async def found(cluster: Cluster, caller: Caller, snapshot_id: str) -> Json:
    """Return the VolumeSnapshot that is this snapshot."""
    return (await facts.find(cluster, caller, snapshot_id)).snapshot


def _page(request: Request, cluster: Cluster) -> tuple[list[Row], int]:
    namespace = None if listing.every_project(request) else request.caller.namespace
    every = [Row(one, projects.of_namespace(cluster, one.namespace)) for one in facts.all_in(cluster, namespace)]
    rows = listing.order(request, selection.matching(request, every), selection.sortable(request))
    most = cluster.config.page_max
    return listing.cut(request, rows, lambda row: row.snapshot.id, most=most, missing=_missing), len(rows)


def _missing(snapshot_id: str) -> Exception:
    return NotFound(f"Snapshot {snapshot_id} could not be found.")


async def index(request: Request, cluster: Cluster) -> Response:
    """List snapshots."""
    page, total = _page(request, cluster)
    views = [view.brief(row.snapshot) for row in page]
    most = cluster.config.page_max
    return Response(listing.enveloped(request, "snapshots", views, path="/snapshots", total=total, most=most))


async def detail(request: Request, cluster: Cluster) -> Response:
    """List snapshots in full."""
    page, total = _page(request, cluster)
    views = [view.snapshot(row.snapshot) | view.seen(row.snapshot, row.project_id) for row in page]
    most = cluster.config.page_max
    return Response(listing.enveloped(request, "snapshots", views, path="/snapshots/detail", total=total, most=most))


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one snapshot."""
    one = await facts.find(cluster, request.caller, request.params["snapshot_id"])
    project_id = projects.of_namespace(cluster, one.namespace)
    return Response({"snapshot": view.snapshot(one) | view.seen(one, project_id)})


async def create(request: Request, cluster: Cluster) -> Response:
    """Take a snapshot of a volume."""
    body = request.body["snapshot"]
    require_snapshots(cluster)
    volume = await volume_facts.seek(cluster, request.caller, body["volume_id"] or "")
    _require_takable(request, volume, body.get("force"))
    made = await take(request, cluster, volume, body)
    return Response({"snapshot": view.snapshot(facts.gather(cluster, made)) | {"updated_at": None}}, status=202)


def require_snapshots(cluster: Cluster) -> None:
    """Raise NotImplementedHere if the cluster has no VolumeSnapshots."""
    if not cluster.cache(VOLUME_SNAPSHOTS).available:
        raise NotImplementedHere("snapshots: the cluster has no VolumeSnapshots (it lacks the CSI snapshotter).")


async def take(request: Request, cluster: Cluster, volume: Volume, body: Json) -> Json:
    """Take a snapshot of a volume that has been found fit for it; 413 if the quota does not allow one more."""
    quota.require(cluster, volume.namespace, type_name(volume) or "", snapshots=1, gib=volume.size_gib)
    wanted = _manifest(request, cluster, volume, body)
    try:
        return await cluster.create(request.caller, VOLUME_SNAPSHOTS, wanted, volume.namespace)
    except kube.QuotaExceeded as error:
        raise quota.over(f"UnexpectedOverQuota: {error.message}") from error


def _require_takable(request: Request, volume: Volume, force: bool | str | None) -> None:
    forced = listing.truth(str(force)) if force is not None else None
    if forced is False and not request.before(flags.SNAPSHOT_IN_USE):
        raise BadRequest(_FORCE_IS_OVER)
    in_use = bool(forced) or not request.before(flags.SNAPSHOT_IN_USE)
    allowed = ("available", "in-use") if in_use else ("available",)
    state = volume_handlers.state(volume)
    if state not in allowed:
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} status must be {', '.join(allowed)}, but current status is: {state}."
        )
    if volume.claim.get("status", {}).get("phase") != "Bound":
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} gets its storage when it is first attached; until then there is "
            "nothing to take a snapshot of."
        )


def _manifest(request: Request, cluster: Cluster, volume: Volume, body: Json) -> Json:
    name, description = creation.named(body)
    own = names.annotations_of(volume.claim)
    inherited = {
        key: own[key] for key in (spelling.BOOTABLE, spelling.IMAGE_METADATA) if own.get(key, "false") != "false"
    }
    told = {
        spelling.SOURCE_VOLUME: volume.id,
        spelling.SIZE_GIB: str(volume.size_gib),
        spelling.USER: request.caller.user_id,
        spelling.ZONE: own.get(spelling.ZONE, DEFAULT_ZONE),
        TYPE: type_name(volume) or "",
        names.DESCRIPTION: description or "",
        spelling.METADATA: encoded(body["metadata"]) if body.get("metadata") else "",
    }
    kind = type_facts.describe(cluster, volume.storage_class) if volume.storage_class else None
    return manifest.volume_snapshot(
        names.new_id(),
        name,
        volume.name,
        kind.snapshot_class if kind else "",
        namespace=volume.namespace,
        annotations=inherited | {key: value for key, value in told.items() if value},
    )


async def update(request: Request, cluster: Cluster) -> Response:
    """Change name or description."""
    body = request.body["snapshot"]
    one = await facts.find(cluster, request.caller, request.params["snapshot_id"])
    name, description = creation.named(body)
    values: dict[str, str | None] = {}
    if {"name", "display_name"} & body.keys():
        values[names.NAME] = name
    if {"description", "display_description"} & body.keys():
        values[names.DESCRIPTION] = description
    changed = await annotate.write(cluster, request.caller, one.snapshot, values)
    return Response({"snapshot": view.snapshot(facts.gather(cluster, changed))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a snapshot."""
    return await _delete(request, cluster, frozenset({"available", "error"}))


async def force_delete(request: Request, cluster: Cluster) -> Response:
    """Delete a snapshot whatever its status."""
    return await _delete(request, cluster, frozenset({"available", "error", "creating", "deleting"}))


async def _delete(request: Request, cluster: Cluster, allowed: frozenset[str]) -> Response:
    one = await facts.find(cluster, request.caller, request.params["snapshot_id"])
    if status(one.snapshot) not in allowed:
        raise BadRequest(
            "Invalid snapshot: Snapshot status must be available or error and must not be part of a group."
        )
    await cluster.delete(request.caller, VOLUME_SNAPSHOTS, one.snapshot)
    return Response(status=202)


async def reset_status(request: Request, cluster: Cluster) -> Response:
    """Refuse any status but the present one: it is what Kubernetes says."""
    one: Snapshot = await facts.find(cluster, request.caller, request.params["snapshot_id"])
    asked = request.body["os-reset_status"]["status"].lower()
    if asked != status(one.snapshot):
        raise Forbidden(
            "os-reset_status: the status of a snapshot is what Kubernetes says of it "
            f"({status(one.snapshot)} now); it cannot be set."
        )
    return Response(status=202)
