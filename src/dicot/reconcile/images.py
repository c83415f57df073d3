"""Follows up on images: an upload whose replica died is undone, so that the image can be filled again."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import Any

import structlog

from dicot.cluster import Cluster
from dicot.image.file import pulse
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES
from dicot.reconcile.follow_up import FollowUp

Json = dict[str, Any]

EVERY_S = 60.0

log = structlog.get_logger(__name__)


async def end_abandoned(cluster: Cluster, now: datetime | None = None) -> None:
    """Delete the DataVolumes whose data nobody sends any more; one that shows life meanwhile stays."""
    cache = cluster.cache(DATA_VOLUMES)
    moment = now or datetime.now(UTC)
    for volume in cache.all() if cache.available else ():
        meta = volume["metadata"]
        if "deletionTimestamp" in meta or not pulse.is_abandoned(volume, moment):
            continue
        log.info("abandoned upload removed", data_volume=f"{meta['namespace']}/{meta['name']}")
        with contextlib.suppress(kube.NotFound, kube.Conflict):
            await cluster.client.delete(
                DATA_VOLUMES,
                meta["name"],
                meta["namespace"],
                uid=meta["uid"],
                resource_version=meta["resourceVersion"],
            )


FOLLOW_UP = FollowUp("images", end_abandoned, EVERY_S)
