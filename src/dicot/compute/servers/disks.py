"""Which disks a request asks for: block device mappings in both of Nova's spellings, and the flavor's own. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.api.errors import BadRequest
from dicot.compute.parameters import truth

Json = dict[str, Any]

IMAGE, VOLUME, SNAPSHOT, BLANK = "image", "volume", "snapshot", "blank"
LOCAL = "local"
BUSES = ("virtio", "scsi", "sata", "usb")
"""Buses that KubeVirt has."""
DEVICES = ("disk", "cdrom", "lun")
SWAP = "swap"

_BOOT_SEQUENCE = (
    "Block Device Mapping is Invalid: Boot sequence for the instance and image/block device mapping combination is "
    "not valid."
)


class Wish(msgspec.Struct, frozen=True):
    """One disk that is asked for. Sizes in GiB (of swap: MiB); 0 is "as large as its source"."""

    source: str
    destination: str
    source_id: str = ""
    size: int = 0
    volume_type: str = ""
    dies: bool = False
    boot_index: int = -1
    bus: str = ""
    device: str = "disk"
    tag: str = ""
    swap: bool = False

    @property
    def root(self) -> bool:
        """Tell whether the server boots from it."""
        return self.boot_index == 0


def wishes(server: Json, flavor: Json, mapped: str = "") -> list[Wish]:
    """Return the disks that a server shall have, the one it boots from first; BadRequest, in Nova's words.

    `mapped` is the property block_device_mapping of the image: an image of a volume-backed server is nothing else.
    """
    legacy, mappings = server.get("block_device_mapping") or [], server.get("block_device_mapping_v2") or []
    if legacy and mappings:
        raise BadRequest("Using different block_device_mapping syntaxes is not allowed in the same request.")
    image_id = server.get("imageRef") or ""
    if not image_id and not legacy and not mappings:
        raise BadRequest("Missing imageRef attribute")
    found = [_modern(one, bool(image_id)) for one in mappings if not one.get("no_device")]
    found += [_legacy(one, has_image=bool(image_id)) for one in legacy if not one.get("no_device")]
    if mapped:
        found = _with_mapped(found, mapped)
    if image_id and not any(one.root for one in found):
        found.append(Wish(IMAGE, LOCAL, image_id, dies=True, boot_index=0))
    _check_order(found)
    found += _own(flavor, found)
    return sorted(found, key=lambda one: one.boot_index if one.boot_index >= 0 else len(found) + 1)


def _with_mapped(found: list[Wish], mapped: str) -> list[Wish]:
    """Add what an image maps; a root disk of its own stands for the image, and gives way to one that was asked for."""
    try:
        own = [_modern(one, False) for one in msgspec.json.decode(mapped, type=list[Json])]
    except (ValueError, TypeError, AttributeError) as error:
        raise _invalid("the image's block_device_mapping cannot be read.") from error
    asked = [one for one in found if not (one.root and one.source == IMAGE and one.destination == LOCAL)]
    if any(one.root for one in asked):
        own = [one for one in own if not one.root]
    return [*(asked if any(one.root for one in own) else found), *own]


def _check_order(found: list[Wish]) -> None:
    indexes = sorted(one.boot_index for one in found if one.boot_index >= 0)
    if not indexes or indexes != list(range(len(indexes))):
        raise BadRequest(_BOOT_SEQUENCE)


def _invalid(details: str) -> BadRequest:
    return BadRequest(f"Block Device Mapping is Invalid: {details}")


def _boot_index(mapping: Json) -> int:
    index = mapping.get("boot_index")
    return -1 if index is None else max(int(index), -1)


def _modern(mapping: Json, has_image: bool) -> Wish:
    source = mapping.get("source_type") or _implied(mapping)
    destination = mapping.get("destination_type") or (VOLUME if source in (VOLUME, SNAPSHOT) else LOCAL)
    source_id = mapping.get("uuid") or mapping.get(f"{source}_id") or ""
    index = _boot_index(mapping)
    volume_type = mapping.get("volume_type") or ""
    if source == BLANK and source_id:
        raise _invalid("Invalid device UUID.")
    if source != BLANK and not source_id:
        raise _invalid("Missing device UUID.")
    if source == IMAGE and destination == LOCAL and not (has_image and index == 0):
        raise _invalid("Mapping image to local is not supported.")
    if destination == LOCAL and volume_type:
        raise _invalid("Specifying a volume_type with destination_type=local is not supported.")
    if source == VOLUME and volume_type:
        raise _invalid("Specifying volume type to existing volume is not supported.")
    if destination == LOCAL and source in (VOLUME, SNAPSHOT):
        raise _invalid(f"Mapping {source} to local is not supported.")
    wish = Wish(
        source,
        destination,
        source_id,
        size=int(mapping.get("volume_size") or 0),
        volume_type=volume_type,
        dies=truth(mapping.get("delete_on_termination", destination == LOCAL)),
        boot_index=index,
        bus=_bus(mapping.get("disk_bus")),
        device=_device(mapping.get("device_type")),
        tag=mapping.get("tag") or "",
        swap=mapping.get("guest_format") == SWAP,
    )
    _check_size(wish)
    return wish


def _check_size(wish: Wish) -> None:
    if wish.destination != VOLUME or wish.size:
        return
    if wish.source == IMAGE:
        raise BadRequest("Images with destination_type 'volume' need to have a non-zero size specified")
    if wish.source == BLANK:
        raise BadRequest("Blank volumes (source: 'blank', dest: 'volume') need to have non-zero size")


def _implied(mapping: Json) -> str:
    for source in (VOLUME, SNAPSHOT, IMAGE):
        if mapping.get(f"{source}_id"):
            return source
    return BLANK


def _bus(bus: str | None) -> str:
    if bus and bus not in BUSES:
        raise BadRequest(f"Block Device Mapping is invalid: The provided disk bus {bus} is not valid.")
    return bus or ""


def _device(device: str | None) -> str:
    if device and device not in DEVICES:
        raise _invalid(f"The provided device type {device} is not valid.")
    return device or "disk"


def _legacy(mapping: Json, *, has_image: bool) -> Wish:
    virtual = mapping.get("virtual_name") or ""
    size = int(mapping.get("volume_size") or 0)
    if virtual.startswith(("ephemeral", SWAP)):
        return Wish(BLANK, LOCAL, size=size, dies=True, swap=virtual == SWAP)
    source = SNAPSHOT if mapping.get("snapshot_id") else VOLUME
    source_id = mapping.get("snapshot_id") or mapping.get("volume_id")
    if not source_id:
        raise _invalid("Unrecognized legacy format.")
    first = (mapping.get("device_name") or "").removeprefix("/dev/") in ("vda", "sda", "hda")
    return Wish(
        source,
        VOLUME,
        source_id,
        size=size,
        dies=truth(mapping.get("delete_on_termination", False)),
        boot_index=0 if first and not has_image else -1,
    )


def _own(flavor: Json, found: list[Wish]) -> list[Wish]:
    """Return the ephemeral disk and the swap that a flavor brings where the request has none of its own."""
    blanks = [one for one in found if one.source == BLANK and one.destination == LOCAL]
    ephemeral, swaps = [one for one in blanks if not one.swap], [one for one in blanks if one.swap]
    if sum(one.size or flavor["ephemeral"] for one in ephemeral) > flavor["ephemeral"]:
        raise BadRequest(
            "Ephemeral disks requested are larger than the instance type allows. If no size is given in one block "
            "device mapping, flavor ephemeral size will be used."
        )
    if len(swaps) > 1:
        raise _invalid("More than one swap drive requested.")
    if swaps and swaps[0].size > flavor["swap"]:
        raise BadRequest("Swap drive requested is larger than instance type allows.")
    own = []
    if flavor["ephemeral"] and not ephemeral:
        own.append(Wish(BLANK, LOCAL, size=flavor["ephemeral"], dies=True))
    if flavor["swap"] and not swaps:
        own.append(Wish(BLANK, LOCAL, size=flavor["swap"], dies=True, swap=True))
    return own
