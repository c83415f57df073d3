"""Waiting for CDI and KubeVirt to act on an image's data, by looking at what the cache knows of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from dicot.api.errors import ApiError, BadRequest, TooLarge, Unavailable
from dicot.cluster import Cluster
from dicot.image.images.status import failure, over_quota
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS

Json = dict[str, Any]

LOOK_FIRST_S = 0.01
LOOK_MOST_S = 0.5


class VolumeGone(ApiError):
    """410: the image was deleted while its data came."""

    status, title = 410, "Gone"


async def looks(timeout_s: float) -> AsyncIterator[None]:
    """Yield each time it is worth to look again, at growing distances, until the time is over."""
    deadline = time.monotonic() + timeout_s
    pause_s = LOOK_FIRST_S
    while time.monotonic() < deadline:
        yield
        await asyncio.sleep(pause_s)
        pause_s = min(LOOK_MOST_S, pause_s * 1.5)


async def phase(cluster: Cluster, volume: Json, wanted: frozenset[str], timeout_s: float) -> bool:
    """Wait for a phase of a DataVolume; False if it takes too long.

    Raises BadRequest if CDI gives up on the data, VolumeGone if the volume is deleted meanwhile.
    """
    meta = volume["metadata"]
    async for _ in looks(timeout_s):
        seen = cluster.cache(DATA_VOLUMES).get(meta["name"], meta["namespace"])
        if seen is None or seen["metadata"]["uid"] != meta["uid"] or seen["metadata"].get("deletionTimestamp"):
            raise VolumeGone(
                f"Image data {meta['namespace']}/{meta['name']} could not be found. "
                "The image may have been deleted during the upload."
            )
        fault = failure(seen)
        if over_quota(seen):
            raise TooLarge(f"Denying attempt to upload image because it exceeds the quota: {fault}")
        if fault is not None:
            raise BadRequest(f"The image's data could not be stored: {fault}")
        if (seen.get("status") or {}).get("phase") in wanted:
            return True
    return False


async def gone(cluster: Cluster, volume: Json, timeout_s: float) -> None:
    """Wait until a DataVolume and its claim are gone; Unavailable if it takes too long."""
    meta = volume["metadata"]
    is_there: Callable[[Any], bool] = lambda kind: cluster.cache(kind).get(meta["name"], meta["namespace"]) is not None  # noqa: E731
    async for _ in looks(timeout_s):
        if not any(is_there(kind) for kind in (DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS)):
            return
    raise Unavailable(f"The data of a failed upload, {meta['namespace']}/{meta['name']}, is still being deleted.")
