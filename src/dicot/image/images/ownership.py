"""Changing an image: only by who owns it, and never over someone else's change."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.image import faults
from dicot.image.images.lookup import find, owns
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_SOURCES

Json = dict[str, Any]


async def owned(cluster: Cluster, caller: Caller, image_id: str, action: str) -> Json:
    """Return an image that the caller may change; 404 if it may not even be known, 403 naming the action otherwise."""
    source = await find(cluster, caller, image_id)
    if not (caller.cloud_admin or owns(caller, source)):
        raise faults.not_allowed(action)
    return source


async def write(
    cluster: Cluster, caller: Caller, image_id: str, action: str, decide: Callable[[Json], Awaitable[Json] | Json]
) -> Json:
    """Change an image's annotations and labels as the user: read, decide, write, anew if another was faster.

    `decide` returns the metadata to merge; an empty one writes nothing.
    """
    for attempt in range(1, RETRIES + 1):
        source = await owned(cluster, caller, image_id, action)
        decided = decide(source)
        metadata: Json = decided if isinstance(decided, dict) else await decided
        if not metadata:
            return source
        meta = source["metadata"]
        patch = {"metadata": {**metadata, "resourceVersion": meta["resourceVersion"]}}
        try:
            return await cluster.patch(caller, DATA_SOURCES, meta["name"], patch, meta["namespace"])
        except kube.Conflict:
            if attempt == RETRIES:
                raise
            await cluster.reread(caller, DATA_SOURCES, source)
    raise AssertionError("the loop ends by return or raise")
