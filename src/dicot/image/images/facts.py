"""What other services need to know of an image to make a disk of it."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest
from dicot.cluster import Cluster
from dicot.image.images import spelling
from dicot.image.images.lookup import gather
from dicot.image.images.sizes import size, virtual_bytes
from dicot.image.images.status import status

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
