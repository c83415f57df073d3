"""Kubernetes -> OpenStack for images. Pure."""

from __future__ import annotations

from typing import Any

from dicot.image.images import spelling
from dicot.image.images.evidence import Evidence
from dicot.image.images.sizes import size, virtual_bytes
from dicot.image.images.status import status

Json = dict[str, Any]


def image(evidence: Evidence) -> Json:
    """Describe an image; its links are relative, as Glance's are."""
    source = evidence.source
    meta = source["metadata"]
    has_data = status(evidence) in {"active", "deactivated"}
    digest = spelling.text(source, spelling.HASH_VALUE)
    path = f"/v2/images/{evidence.id}"
    return {
        **spelling.properties(source),
        "name": spelling.display_name(source),
        "disk_format": _format(evidence, spelling.DISK_FORMAT, "raw"),
        "container_format": _format(evidence, spelling.CONTAINER_FORMAT, "bare"),
        "visibility": evidence.visibility,
        "size": size(evidence) if has_data else None,
        "virtual_size": virtual_bytes(evidence) if has_data else None,
        "status": status(evidence),
        "checksum": spelling.text(source, spelling.CHECKSUM),
        "protected": spelling.flag(source, spelling.PROTECTED),
        "min_ram": spelling.number(source, spelling.MIN_RAM_MIB) or 0,
        "min_disk": spelling.number(source, spelling.MIN_DISK_GB) or 0,
        "owner": evidence.owner,
        "os_hidden": spelling.flag(source, spelling.HIDDEN),
        "os_hash_algo": "sha512" if digest else None,
        "os_hash_value": digest,
        "id": evidence.id,
        "created_at": meta["creationTimestamp"],
        "updated_at": updated_at(source),
        "tags": spelling.tags(source),
        "self": path,
        "file": f"{path}/file",
        "schema": "/v2/schemas/image",
    }


def _format(evidence: Evidence, key: str, plain: str) -> str | None:
    """Return a format as told; what did not come through Dicot is a raw disk, whatever it once was."""
    told = spelling.text(evidence.source, key)
    if told is None and not spelling.made_here(evidence.source):
        return plain
    return told


def updated_at(source: Json) -> str:
    """Return when anything of the object was last written."""
    meta = source["metadata"]
    times = [one["time"] for one in meta.get("managedFields") or () if one.get("time")]
    return max([meta["creationTimestamp"], *times])


def fields(source: Json, visibility: str) -> Json:
    """Return what a client may change of an image, by Glance's names; `properties` are the image's own."""
    return {
        "name": spelling.display_name(source),
        "visibility": visibility,
        "protected": spelling.flag(source, spelling.PROTECTED),
        "os_hidden": spelling.flag(source, spelling.HIDDEN),
        "disk_format": spelling.text(source, spelling.DISK_FORMAT),
        "container_format": spelling.text(source, spelling.CONTAINER_FORMAT),
        "min_disk": spelling.number(source, spelling.MIN_DISK_GB) or 0,
        "min_ram": spelling.number(source, spelling.MIN_RAM_MIB) or 0,
        "tags": spelling.tags(source),
        "properties": spelling.properties(source),
    }
