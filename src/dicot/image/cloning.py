"""Filling an image from a claim of its own namespace: CDI clones it, and the facts are known beforehand."""

from __future__ import annotations

import contextlib
from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.image.file.upload import begin
from dicot.image.images import spelling
from dicot.image.images.ownership import write
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_SOURCES

Json = dict[str, Any]


async def fill(
    cluster: Cluster, caller: Caller, source: Json, content: Json, size_bytes: int, disk_format: str
) -> None:
    """Clone CDI's source `content` into an image; what it is called is kept as an upload keeps it: stored raw.

    An image called other than raw cannot be downloaded, as one that came so cannot. There is no checksum: Dicot sees
    nothing of the data.
    """
    known = {spelling.SIZE: str(size_bytes), spelling.VIRTUAL_SIZE: str(size_bytes), spelling.STORED_AS: disk_format}
    source = await write(cluster, caller, spelling.identity(source), "upload_image", lambda _: {"annotations": known})
    await begin(cluster, caller, source, content, size_bytes, "saving")


async def withdraw(cluster: Cluster, caller: Caller, source: Json) -> None:
    """Take back an image that could not be filled; what it owns goes with it."""
    with contextlib.suppress(kube.NotFound):  # another took it away
        await cluster.delete(caller, DATA_SOURCES, source)
