"""The sign of life of an upload: its DataVolume tells until when some replica still brings its data.

CDI waits for ever for the data of a DataVolume; only Dicot knows whether anybody is still sending.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from dicot import names
from dicot.cluster import Cluster
from dicot.image.images.spelling import PREFIX
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES

Json = dict[str, Any]

RECEIVING = f"{PREFIX}receiving-until"
"""Annotation of a DataVolume: when its upload counts as abandoned."""
BEAT_S = 60.0
ALIVE_S = 300.0
"""How long one sign of life holds: several may fail, and the clocks of replicas may differ by minutes."""
_FORM = "%Y-%m-%dT%H:%M:%SZ"

log = structlog.get_logger(__name__)


def until(now: datetime) -> dict[str, str]:
    """Return the annotation of an upload that is alive now."""
    return {RECEIVING: (now + timedelta(seconds=ALIVE_S)).strftime(_FORM)}


def is_abandoned(volume: Json, now: datetime) -> bool:
    """Tell whether a DataVolume waits for data that nobody sends any more."""
    told = names.annotations_of(volume).get(RECEIVING, "")
    waits = (volume.get("status") or {}).get("phase") not in {"Succeeded", "Failed"}
    if not waits or "upload" not in (volume["spec"].get("source") or {}) or not told:
        return False
    try:
        return datetime.strptime(told, _FORM).replace(tzinfo=UTC) < now
    except ValueError:
        return False


@asynccontextmanager
async def beating(cluster: Cluster, volume: Json) -> AsyncIterator[None]:
    """Give signs of life while the context lasts; as Dicot itself, since the user may have lost the right meanwhile."""
    beat = asyncio.create_task(_beat(cluster, volume["metadata"]))
    try:
        yield
    finally:
        beat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await beat


async def _beat(cluster: Cluster, meta: Json) -> None:
    while True:
        await asyncio.sleep(BEAT_S)
        patch = {"metadata": {"uid": meta["uid"], "annotations": until(datetime.now(UTC))}}
        try:
            await cluster.client.patch(DATA_VOLUMES, meta["name"], patch, meta["namespace"])
        except (kube.NotFound, kube.Conflict, kube.Invalid):  # gone, or another has its name: the upload will find out
            return
        except kube.KubeError as error:
            log.warning("no sign of life of an upload", data_volume=meta["name"], error=str(error))
