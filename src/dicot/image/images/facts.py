"""What other services may ask of an image: whether it is there, and what they need to make a disk of it."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.image.images import spelling
from dicot.image.images.evidence import Evidence, gather, owns, visible
from dicot.image.images.status import status
from dicot.kube.kinds import DATA_SOURCES
from dicot.kube.quantity import whole_bytes

Json = dict[str, Any]


class ImageFacts(msgspec.Struct, frozen=True):
    """What a server or volume made from an image needs to know. `source_ref` goes into a DataVolume's `sourceRef`."""

    id: str
    name: str
    status: str
    min_disk_gb: int
    min_ram_mb: int
    virtual_bytes: int | None
    size: int | None
    properties: dict[str, str]
    namespace: str
    source_ref: Json
    preference: str


async def find(cluster: Cluster, caller: Caller, image_id: str) -> Json:
    """Return the DataSource that is this image, if the caller may know of it; NotFound in Glance's words."""
    cached = [one for one in cluster.cache(DATA_SOURCES).find("id", image_id) if visible(cluster, caller, one)]
    if cached:
        # Ids are labels, which anyone may copy: one's own object wins, then the oldest.
        return min(cached, key=lambda one: (not owns(caller, one), one["metadata"].get("creationTimestamp", "")))
    found = await cluster.find(DATA_SOURCES, "image", image_id, None)
    if found is None or not visible(cluster, caller, found):
        raise NotFound(f"No image found with ID {image_id}")
    return found


def facts(cluster: Cluster, source: Json) -> ImageFacts:
    """Tell what an image is, from the caches."""
    evidence = gather(cluster, source)
    return ImageFacts(
        id=evidence.id,
        name=spelling.display_name(source) or "",
        status=status(evidence),
        min_disk_gb=spelling.number(source, spelling.MIN_DISK_GB) or 0,
        min_ram_mb=spelling.number(source, spelling.MIN_RAM_MIB) or 0,
        virtual_bytes=virtual_bytes(evidence),
        size=size(evidence),
        properties=spelling.properties(source),
        namespace=evidence.namespace,
        source_ref={"kind": "DataSource", "namespace": evidence.namespace, "name": evidence.name},
        preference=names.labels_of(source).get(spelling.PREFERENCE, ""),
    )


def usable(found: ImageFacts) -> None:
    """Raise BadRequest, in Nova's words, if no server may be made from the image now."""
    if found.status != "active":
        raise BadRequest(f"Image {found.id} is not active.")


def size(evidence: Evidence) -> int | None:
    """Return the bytes received; of data that did not come through Dicot, what its claim holds. None before."""
    received = spelling.number(evidence.source, spelling.SIZE)
    if received is not None or status(evidence) not in {"active", "deactivated"}:
        return received
    return _held(evidence)


def virtual_bytes(evidence: Evidence) -> int | None:
    """Return the size of the disk within, in bytes, or None if it is not known yet."""
    told = spelling.number(evidence.source, spelling.VIRTUAL_SIZE)
    return told if told is not None else _held(evidence)


def _held(evidence: Evidence) -> int | None:
    if evidence.snapshot is not None:
        quantity = (evidence.snapshot.get("status") or {}).get("restoreSize")
    else:
        quantity = _requested(evidence.volume) or ((evidence.claim or {}).get("status") or {}).get("capacity", {}).get(
            "storage"
        )
    return whole_bytes(quantity) if quantity else None


def _requested(volume: Json | None) -> str | None:
    """Return what a DataVolume asked for: unlike its claim's capacity, without the file system's overhead."""
    spec = (volume or {}).get("spec") or {}
    asked = (spec.get("storage") or {}).get("resources") or {}
    return (asked.get("requests") or {}).get("storage")
