"""What a new volume is to be: the request's fields checked against types, images, snapshots, sources and quotas."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.request import Request
from dicot.cluster import Cluster
from dicot.image import images
from dicot.image.images import ImageFacts
from dicot.volume import listing, quota, spelling
from dicot.volume.availability_zones import facts as zone_facts
from dicot.volume.snapshots import facts as snapshot_facts
from dicot.volume.snapshots.record import Snapshot
from dicot.volume.snapshots.status import status as snapshot_status
from dicot.volume.types import facts as type_facts
from dicot.volume.types.record import VolumeType
from dicot.volume.volumes import facts, manifest
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.status import status
from dicot.volume.volumes.view import type_name

Json = dict[str, Any]

T = TypeVar("T", Snapshot, Volume)

_GIB = 1024**3
_MALFORMED = "The server could not comply with the request since it is either malformed or otherwise incorrect."


class Origin(msgspec.Struct, frozen=True):
    """What a volume is filled from: at most one of these."""

    image: ImageFacts | None = None
    snapshot: Snapshot | None = None
    volume: Volume | None = None


def named(body: Json) -> tuple[str | None, str | None]:
    """Return name and description, either spelling, without white space around; None where the body has none."""
    name = body.get("name", body.get("display_name"))
    description = body.get("description", body.get("display_description"))
    return (name.strip() if name is not None else None, description.strip() if description is not None else None)


async def plan(request: Request, cluster: Cluster) -> Json:
    """Decide what DataVolume answers the request; raises in Cinder's words what speaks against it."""
    body = request.body["volume"]
    if not request.caller.namespace:
        raise Forbidden("Policy doesn't allow volume:create to be performed: the token is not for a project.")
    _refuse(request.body)
    origin = await _origin(request, cluster, body)
    kind = _type(cluster, body.get("volume_type"), origin)
    size = _size(body.get("size"), origin)
    if origin.image is not None:
        _require_room(origin.image, size)
    zone = zone_facts.choose(cluster, kind, body.get("availability_zone") or _zone(origin, kind))
    quota.require(cluster, request.caller.namespace, kind.name, volumes=1, gib=size)
    name, description = named(body)
    volume_id = names.new_id()
    return manifest.data_volume(
        volume_id,
        name,
        size,
        kind.name,
        _source(origin),
        namespace=request.caller.namespace,
        access_modes=() if kind.known else ("ReadWriteOnce",),
        annotations=manifest.described(
            description=description,
            metadata=body.get("metadata"),
            image=image_metadata(origin),
            user_id=request.caller.user_id,
            zone=zone,
            snapshot_id=origin.snapshot.id if origin.snapshot else "",
            source_volume_id=origin.volume.id if origin.volume else "",
            bootable=_bootable(origin),
            multiattach=kind.multiattach,
        ),
    )


def _refuse(body: Json) -> None:
    """Refuse by name what no storage of Kubernetes can do."""
    volume = body["volume"]
    if volume.get("multiattach") and listing.truth(str(volume["multiattach"])):
        raise BadRequest(
            "multiattach parameter has been removed. The default behavior is to use multiattach enabled volume types. "
            "Contact your administrator to create a multiattach enabled volume type and use it to create multiattach "
            "volumes."
        )
    for key, noun in (("group_id", "Group"), ("consistencygroup_id", "Group"), ("backup_id", "Backup")):
        if volume.get(key):
            raise NotFound(f"{noun} {volume[key]} could not be found.")
    if body.get("OS-SCH-HNT:scheduler_hints"):
        raise BadRequest("OS-SCH-HNT:scheduler_hints: the storage, not a scheduler, decides where a volume is.")


async def _origin(request: Request, cluster: Cluster, body: Json) -> Origin:
    image_ref = body.get("imageRef") or body.get("image_id")
    given = [key for key in ("snapshot_id", "source_volid") if body.get(key)] + (["imageRef"] if image_ref else [])
    if len(given) > 1:
        raise BadRequest(f"Invalid input received: May specify only one of {', '.join(given)}")
    if body.get("snapshot_id"):
        found = await snapshot_facts.find(cluster, request.caller, body["snapshot_id"])
        if snapshot_status(found.snapshot) != "available":
            raise BadRequest("Invalid snapshot: Originating snapshot status must be one of 'available' values")
        return Origin(snapshot=_own(request, found, f"Snapshot {found.id}"))
    if body.get("source_volid"):
        source = await facts.seek(cluster, request.caller, body["source_volid"])
        if status(source) != "available":
            raise BadRequest(
                "Invalid volume: Originating source volume status must be one of 'available' values (of a volume in "
                "use, make a snapshot and a volume of that)"
            )
        return Origin(volume=_own(request, source, f"Volume {source.id}"))
    return Origin(image=await _image(request, cluster, image_ref)) if image_ref else Origin()


def _own(request: Request, found: T, what: str) -> T:
    """Refuse a source in another project, which an administrator can see but whose data stay there."""
    if found.namespace != request.caller.namespace:
        raise NotFound(f"{what} could not be found.")
    return found


async def _image(request: Request, cluster: Cluster, ref: str) -> ImageFacts:
    try:
        return images.facts(cluster, await images.find(cluster, request.caller, ref.rpartition("/")[2]))
    except NotFound as error:
        raise BadRequest("Invalid image identifier or unable to access requested image.") from error


def _type(cluster: Cluster, asked: str | None, origin: Origin) -> VolumeType:
    if asked:
        return type_facts.find(cluster, asked)
    inherited = origin.snapshot.type_name if origin.snapshot else type_name(origin.volume) if origin.volume else None
    kind = type_facts.find(cluster, inherited) if inherited else type_facts.default_type(cluster)
    if kind is None:
        raise BadRequest("Invalid input received: volume_type: there is no default type; name one.")
    return kind


def _size(asked: int | str | None, origin: Origin) -> int:
    least = origin.snapshot.size_gib if origin.snapshot else origin.volume.size_gib if origin.volume else 0
    if asked is None:
        if not least:
            raise BadRequest(_MALFORMED)
        return least
    size = int(asked)
    if size <= 0:
        raise BadRequest(f"Invalid input received: Volume size '{asked}' must be an integer and greater than 0")
    if size < least and origin.snapshot:
        raise BadRequest(
            f"Invalid input received: Volume size '{size}'GB cannot be smaller than the snapshot size {least}GB. "
            "They must be >= original snapshot size."
        )
    if size < least:
        raise BadRequest(
            f"Invalid input received: Volume size '{size}'GB cannot be smaller than original volume size  {least}GB. "
            "They must be >= original volume size."
        )
    return size


def _require_room(image: ImageFacts, size_gib: int) -> None:
    if image.status != "active":
        raise BadRequest(f"Invalid input received: Image {image.id} is not active.")
    held = max(image.size or 0, image.virtual_bytes or 0)
    image_gib = -(-held // _GIB)
    if image_gib > size_gib:
        raise BadRequest(
            f"Invalid input received: Size of specified image {image_gib}GB is larger than volume size {size_gib}GB."
        )
    if size_gib < image.min_disk_gb:
        raise BadRequest(
            f"Invalid input received: Volume size {size_gib}GB cannot be smaller than the image minDisk size "
            f"{image.min_disk_gb}GB."
        )


def _zone(origin: Origin, kind: VolumeType) -> str:
    zone = origin.snapshot.zone if origin.snapshot else ""
    if origin.volume:
        zone = names.annotations_of(origin.volume.claim).get(spelling.ZONE, "")
    return zone if not kind.zones or zone in kind.zones else ""


def _source(origin: Origin) -> Json:
    if origin.image is not None:
        return manifest.of_image(origin.image.source_ref)
    if origin.snapshot is not None:
        return manifest.of_snapshot(origin.snapshot.snapshot)
    return manifest.of_volume(origin.volume.claim) if origin.volume is not None else manifest.BLANK


def _parent(origin: Origin) -> Json | None:
    if origin.snapshot is not None:
        return origin.snapshot.snapshot
    return origin.volume.claim if origin.volume is not None else None


def _bootable(origin: Origin) -> bool:
    parent = _parent(origin)
    return origin.image is not None or (parent is not None and spelling.flag(parent, spelling.BOOTABLE))


def image_metadata(origin: Origin) -> dict[str, str]:
    """Return what the volume remembers of its image, directly or through what it is copied from."""
    parent = _parent(origin)
    if parent is not None:
        return spelling.texts(parent, spelling.IMAGE_METADATA)
    return of_image(origin.image) if origin.image is not None else {}


def of_image(image: ImageFacts) -> dict[str, str]:
    """Spell an image's properties as Cinder remembers them."""
    known = {
        "image_id": image.id,
        "image_name": image.name,
        "min_disk": str(image.min_disk_gb),
        "min_ram": str(image.min_ram_mb),
        "size": str(image.size) if image.size is not None else "",
    }
    own = {key: str(value) for key, value in image.properties.items() if value is not None}
    return {key: value for key, value in {**own, **known}.items() if value}
