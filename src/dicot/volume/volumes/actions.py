"""What `POST /volumes/{id}/action` does, one function for each action key."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Forbidden, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.volume import annotate, flags, listing, quota, spelling
from dicot.volume.types import facts as type_facts
from dicot.volume.volumes import facts, growth, handlers
from dicot.volume.volumes.handlers import state
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.view import type_name

Json = dict[str, Any]

_GIB = 1024**3


async def _seek(request: Request, cluster: Cluster) -> Volume:
    return await facts.seek(cluster, request.caller, request.params["volume_id"])


async def extend(request: Request, cluster: Cluster) -> Response:
    """Ask for a larger claim; the storage and, in a file system, the next mount do the rest."""
    volume = await _seek(request, cluster)
    size = int(request.body["os-extend"]["new_size"])
    _require_extensible(request, volume, size)
    _require_expandable(cluster, volume)
    quota.require(cluster, volume.namespace, type_name(volume) or "", gib=size - volume.size_gib)
    try:
        await growth.grow(cluster, request.caller, volume.claim, size)
    except kube.QuotaExceeded as error:
        raise quota.over(f"UnexpectedOverQuota: {error.message}") from error
    return Response(status=202)


def _require_extensible(request: Request, volume: Volume, size: int) -> None:
    if size <= volume.size_gib:
        raise BadRequest(
            "Invalid input received: New size for extend must be greater than current size. "
            f"(current: {volume.size_gib}, extended: {size})."
        )
    current = state(volume)
    attached = current == "in-use" and not request.before(flags.EXTEND_IN_USE)
    if current != "available" and not attached:
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} status must be '{{'status': 'available'}}' to extend, "
            f"currently {current}."
        )


def _require_expandable(cluster: Cluster, volume: Volume) -> None:
    if not growth.expandable(cluster, volume.claim):
        raise BadRequest(f"Invalid volume: Volume type {type_name(volume)} does not allow volumes to be extended.")
    if volume.claim.get("status", {}).get("phase") != "Bound":
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} gets its storage when it is first attached, and can be extended only "
            "after that."
        )


async def set_bootable(request: Request, cluster: Cluster) -> Response:
    """Note whether servers may boot from the volume."""
    wanted = listing.truth(str(request.body["os-set_bootable"]["bootable"]))
    return await _note(request, cluster, spelling.BOOTABLE, bool(wanted), status=200)


async def update_readonly_flag(request: Request, cluster: Cluster) -> Response:
    """Note whether servers may write to the volume; it counts from the next attachment."""
    volume = await _seek(request, cluster)
    if state(volume) != "available":
        raise BadRequest(
            f"Invalid volume: Volume {volume.id} status must be available to update readonly flag, "
            f"but current status is: {state(volume)}."
        )
    wanted = listing.truth(str(request.body["os-update_readonly_flag"]["readonly"]))
    return await _note(request, cluster, spelling.READONLY, bool(wanted), status=202)


async def _note(request: Request, cluster: Cluster, annotation: str, wanted: bool, *, status: int) -> Response:
    found = await facts.settled(cluster, request.caller, request.params["volume_id"])
    await annotate.write(cluster, request.caller, found, {annotation: "true" if wanted else "false"})
    return Response(status=status)


async def retype(request: Request, cluster: Cluster) -> Response:
    """Refuse another type by name: storage cannot be changed under a claim. The same type is no change."""
    volume = await _seek(request, cluster)
    asked = request.body["os-retype"]["new_type"]
    try:
        kind = type_facts.find(cluster, asked)
    except NotFound as error:
        raise BadRequest(f"Invalid input received: Invalid volume_type passed: {asked}.") from error
    if kind.name != type_name(volume):
        raise NotImplementedHere(
            "os-retype: the storage of a claim cannot be changed. Make a volume of the other type from this one "
            "(source_volid)."
        )
    return Response(status=202)


async def reset_status(request: Request, cluster: Cluster) -> Response:
    """Take back promises and offers, so that the status is what Kubernetes says; no other status can be set."""
    volume = await _seek(request, cluster)
    body = request.body["os-reset_status"]
    status, attach = str(body.get("status") or "").lower(), str(body.get("attach_status") or "").lower()
    if status not in {"", "available", state(volume)} or attach not in {"", "detached"}:
        raise Forbidden(
            f"os-reset_status: the status of a volume is what Kubernetes says of it ({state(volume)} now); it can be "
            "reset to available, not set."
        )
    if status == "available" and volume.uses:
        raise BadRequest("Cannot reset-state to available because the volume is in the specification of a server.")
    found = await facts.settled(cluster, request.caller, volume.id)
    gone = (spelling.ATTACHED_TO, spelling.ATTACHED_AT, spelling.TRANSFER)
    await annotate.write(cluster, request.caller, found, dict.fromkeys(gone))
    return Response(status=202)


async def force_delete(request: Request, cluster: Cluster) -> Response:
    """Delete a volume whatever its status, but not from under a server."""
    await handlers.remove(request, cluster, await _seek(request, cluster), cascade=False, force=True)
    return Response(status=202)


async def show_image_metadata(request: Request, cluster: Cluster) -> Response:
    """Return what the volume remembers of its image."""
    volume = await _seek(request, cluster)
    return Response({"metadata": spelling.texts(volume.claim, spelling.IMAGE_METADATA)})


async def set_image_metadata(request: Request, cluster: Cluster) -> Response:
    """Add to what the volume remembers of its image."""
    given = request.body["os-set_image_metadata"]["metadata"]

    def added(obj: Json) -> annotate.Values:
        return {spelling.IMAGE_METADATA: spelling.encoded({**spelling.texts(obj, spelling.IMAGE_METADATA), **given})}

    found = await facts.settled(cluster, request.caller, request.params["volume_id"])
    changed = await annotate.revise(cluster, request.caller, found, added)
    return Response({"metadata": spelling.texts(changed, spelling.IMAGE_METADATA)})


async def unset_image_metadata(request: Request, cluster: Cluster) -> Response:
    """Forget one thing of the volume's image."""
    key, volume_id = request.body["os-unset_image_metadata"]["key"], request.params["volume_id"]

    def left(obj: Json) -> annotate.Values:
        have = spelling.texts(obj, spelling.IMAGE_METADATA)
        if key not in have:
            raise NotFound(f"Glance metadata for volume/snapshot {volume_id} cannot be found.")
        rest = {name: value for name, value in have.items() if name != key}
        return {spelling.IMAGE_METADATA: spelling.encoded(rest) if rest else None}

    await annotate.revise(cluster, request.caller, await facts.settled(cluster, request.caller, volume_id), left)
    return Response(status=200)


async def refuse(request: Request, cluster: Cluster) -> Response:
    """Refuse by name what Kubernetes has no counterpart for, once the volume is known to exist."""
    await _seek(request, cluster)
    assert request.route is not None
    key = request.route.action
    raise NotImplementedHere(f"{key}: {REFUSED[key][1]}")


_NOVA = "volumes are attached and detached through servers (os-volume_attachments)."
_ADMIN = "volume_extension:volume_admin_actions"
REFUSED: dict[str, tuple[str, str]] = {
    "os-attach": ("volume_extension:volume_actions:attach", _NOVA),
    "os-detach": ("volume_extension:volume_actions:detach", _NOVA),
    "os-reserve": ("volume_extension:volume_actions:reserve", _NOVA),
    "os-unreserve": ("volume_extension:volume_actions:unreserve", _NOVA),
    "os-begin_detaching": ("volume_extension:volume_actions:begin_detaching", _NOVA),
    "os-roll_detaching": ("volume_extension:volume_actions:roll_detaching", _NOVA),
    "os-initialize_connection": ("volume_extension:volume_actions:initialize_connection", _NOVA),
    "os-terminate_connection": ("volume_extension:volume_actions:terminate_connection", _NOVA),
    "os-force_detach": (f"{_ADMIN}:force_detach", _NOVA),
    "os-migrate_volume": (f"{_ADMIN}:migrate_volume", "the storage, not Cinder, decides where a volume is."),
    "os-migrate_volume_completion": (
        f"{_ADMIN}:migrate_volume_completion",
        "the storage, not Cinder, decides where a volume is.",
    ),
    "os-unmanage": ("volume_extension:volume_unmanage", "a claim is a volume as long as it exists."),
    "revert": ("volume:revert_to_snapshot", "a claim cannot be turned back; make a volume of the snapshot."),
    "os-reimage": ("volume:reimage", "a claim cannot be filled anew; make a volume of the image."),
}
"""Action key -> (name of its policy rule, why it is not there)."""
ADMIN_ONLY = frozenset({"os-force_detach", "os-migrate_volume", "os-migrate_volume_completion", "os-unmanage"})
SINCE = {"revert": "3.40", "os-reimage": "3.68"}
