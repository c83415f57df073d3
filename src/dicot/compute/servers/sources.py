"""Finds what the disks of a new server are made of: claims that exist, images, snapshots, nothing. Makes nothing."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, NotFound
from dicot.cluster import Cluster
from dicot.compute.servers import manifest
from dicot.compute.servers.disks import BUSES, IMAGE, LOCAL, SNAPSHOT, VOLUME, Wish
from dicot.compute.servers.manifest import Disk
from dicot.compute.servers.order import Order
from dicot.image import images
from dicot.volume import spelling, volumes
from dicot.volume.snapshots import facts as snapshots
from dicot.volume.types import facts as types
from dicot.volume.volumes.manifest import object_name

Json = dict[str, Any]

_GIB = 1024**3
_PLUGGABLE = ("virtio", "scsi")
"""Buses that KubeVirt plugs disks into while a machine runs."""
_OF_VOLUME = ("image_id", "image_name")
"""What Cinder tells of a volume's image beside its properties."""


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """Where one disk comes from: an existing claim, or what a new volume or local disk is filled with."""

    wish: Wish
    content: Json
    size: str = ""
    size_gib: int = 0
    claim: Json | None = None
    volume_id: str = ""
    storage_class: str = ""
    access_modes: tuple[str, ...] = ()
    annotations: dict[str, str] = {}


async def gather(cluster: Cluster, order: Order) -> list[Source]:
    """Look up every disk that is asked for; BadRequest, in Nova's words, for what is not there or does not fit."""
    return [await _source(cluster, order, wish) for wish in order.wishes]


def image_properties(order: Order, found: list[Source]) -> dict[str, str]:
    """Return the properties of a server's image: of the one that its volume was made of, if it boots from a volume."""
    if order.image is not None:
        return {key: str(value) for key, value in order.image.properties.items()}
    root = next(source for source in found if source.wish.root)
    told = spelling.texts(root.claim or {"metadata": {"annotations": root.annotations}}, spelling.IMAGE_METADATA)
    return {key: value for key, value in told.items() if key not in _OF_VOLUME}


async def _source(cluster: Cluster, order: Order, wish: Wish) -> Source:
    if wish.source == VOLUME:
        return await _existing(cluster, order, wish)
    if wish.destination == LOCAL:
        return _local(cluster, order, wish)
    kind = _type(cluster, wish.volume_type)
    content, size_gib = volumes.BLANK, wish.size
    annotations: dict[str, str] = {}
    if wish.source == IMAGE:
        content, annotations = await _of_image(cluster, order, wish)
    elif wish.source == SNAPSHOT:
        try:
            snapshot = await snapshots.find(cluster, order.caller, wish.source_id)
        except NotFound as error:
            message = f"Block Device Mapping is Invalid: failed to get snapshot {wish.source_id}."
            raise BadRequest(message) from error
        content, size_gib = volumes.of_snapshot(snapshot.snapshot), wish.size or snapshot.size_gib
        annotations = volumes.described(snapshot_id=snapshot.id, bootable=wish.root)
    return Source(
        wish=wish,
        content=content,
        size_gib=size_gib,
        volume_id=names.new_id(),
        storage_class=kind.name if kind is not None else "",
        access_modes=() if kind is None or kind.known else ("ReadWriteOnce",),
        annotations={**annotations, spelling.USER: order.caller.user_id},
    )


async def _of_image(cluster: Cluster, order: Order, wish: Wish) -> tuple[Json, dict[str, str]]:
    try:
        image = images.facts(cluster, await images.find(cluster, order.caller, wish.source_id))
    except NotFound as error:
        raise BadRequest(f"Block Device Mapping is Invalid: failed to get image {wish.source_id}.") from error
    images.usable(image)
    if (image.virtual_bytes or 0) > wish.size * _GIB:
        raise BadRequest(
            f"Volume is smaller than the minimum size specified in image metadata. Volume size is {wish.size * _GIB} "
            f"bytes, minimum size is {image.virtual_bytes} bytes."
        )
    told = {"image_id": image.id, "image_name": image.name, **image.properties}
    return volumes.of_image(image.source_ref), volumes.described(image=told, bootable=True)


async def _existing(cluster: Cluster, order: Order, wish: Wish) -> Source:
    try:
        claim = await volumes.find(cluster, order.caller, wish.source_id)
    except NotFound as error:
        raise BadRequest(f"Block Device Mapping is Invalid: failed to get volume {wish.source_id}.") from error
    if claim["metadata"]["namespace"] != order.namespace:
        raise BadRequest(f"Block Device Mapping is Invalid: failed to get volume {wish.source_id}.")
    if wish.root and not spelling.flag(claim, spelling.BOOTABLE):
        raise BadRequest(f"Block Device {wish.source_id} is not bootable.")
    return Source(wish=wish, content={}, claim=claim, volume_id=wish.source_id)


def _local(cluster: Cluster, order: Order, wish: Wish) -> Source:
    access_modes = _access_modes(cluster)
    if wish.source == IMAGE and order.image is not None:
        size = _local_size(order.flavor["disk"], order.image.virtual_bytes)
        content = volumes.of_image(order.image.source_ref)
        return Source(wish=wish, content=content, size=size, access_modes=access_modes)
    unit = "Mi" if wish.swap else "Gi"
    size = wish.size or (order.flavor["swap"] if wish.swap else order.flavor["ephemeral"])
    return Source(wish=wish, content=volumes.BLANK, size=f"{size}{unit}", access_modes=access_modes)


def _local_size(disk_gib: int, virtual_bytes: int | None) -> str:
    """Size a root disk: the flavor's, else the image's, rounded up; "" leaves it to CDI."""
    gib = disk_gib or -(-(virtual_bytes or 0) // _GIB)
    return f"{gib}Gi" if gib else ""


def _type(cluster: Cluster, name: str) -> types.VolumeType | None:
    if not name:
        return types.default_type(cluster)
    try:
        return types.find(cluster, name)
    except NotFound as error:
        raise BadRequest(f"Volume type {name} could not be found.") from error


def usual_bus(asked: str) -> str:
    """Return the bus that stands for the one an image asks for: KubeVirt has no IDE."""
    return asked if asked in BUSES else "sata"


def local_of_image(cluster: Cluster, name: str, image: images.ImageFacts, disk_gib: int = 0) -> Json:
    """Describe the dataVolumeTemplate of a local disk that is made of an image, at least of its size."""
    made = manifest.local_disk(name, _local_size(disk_gib, image.virtual_bytes), volumes.of_image(image.source_ref))
    if _access_modes(cluster):
        made["spec"]["storage"]["accessModes"] = list(_access_modes(cluster))
    return made


def _access_modes(cluster: Cluster) -> tuple[str, ...]:
    """Return what to ask of a storage class that CDI knows nothing of."""
    kind = types.default_type(cluster)
    return () if kind is None or kind.known else ("ReadWriteOnce",)


def disks(name: str, sources: list[Source], properties: dict[str, str]) -> list[Disk]:
    """Describe the disks of the machine of this name, in the order that it boots from them."""
    usual = usual_bus(properties.get("hw_disk_bus", "virtio"))
    return [_disk(name, source, usual, number) for number, source in enumerate(sources)]


def _disk(name: str, source: Source, usual_bus: str, number: int) -> Disk:
    wish = source.wish
    boot_order = wish.boot_index + 1 if wish.boot_index >= 0 else 0
    if wish.destination == LOCAL:
        part = "root" if wish.root else "swap" if wish.swap else f"ephemeral{number}"
        made = manifest.local_disk(f"{name}-{part}", source.size, source.content)
        if source.access_modes:
            made["spec"]["storage"]["accessModes"] = list(source.access_modes)
        bus, volume = _bus(wish, usual_bus), {"dataVolume": {"name": f"{name}-{part}"}}
        return Disk(part, volume, wish.device, bus, boot_order=boot_order, tag=wish.tag, template=made)
    bus = _bus(wish, usual_bus if wish.root or usual_bus in _PLUGGABLE else "scsi")
    return Disk(
        disk_name(source.volume_id),
        _volume(source, pluggable=not wish.root and wish.device != "cdrom" and bus in _PLUGGABLE),
        wish.device,
        bus,
        serial=source.volume_id,
        boot_order=boot_order,
        tag=wish.tag,
    )


def _bus(wish: Wish, usual: str) -> str:
    return wish.bus or {"cdrom": "sata", "lun": "scsi"}.get(wish.device, usual)


def _volume(source: Source, *, pluggable: bool) -> Json:
    """Refer to a volume's claim, or to the DataVolume that will make it. Only what is pluggable can be detached."""
    flag: Json = {"hotpluggable": True} if pluggable else {}
    if source.claim is not None:
        return {"persistentVolumeClaim": {"claimName": source.claim["metadata"]["name"], **flag}}
    return {"dataVolume": {"name": object_name(source.volume_id, ""), **flag}}


def disk_name(volume_id: str) -> str:
    """Name a volume's disk in its machine."""
    return f"vol-{volume_id}"
