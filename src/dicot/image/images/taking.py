"""Makes an image of a disk as it is now: a VolumeSnapshot of its claim, and the DataSource that is the image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import structlog

from dicot import names
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.image.images import manifest, spelling
from dicot.image.images.handlers import in_use
from dicot.kube.kinds import DATA_SOURCES, VOLUME_SNAPSHOTS

Json = dict[str, Any]

log = structlog.get_logger("dicot.images")


async def take(
    cluster: Cluster, caller: Caller, claim: Json, fields: Json, *, snapshot_class: str, labels: Mapping[str, str]
) -> Json:
    """Make an image of a claim; the snapshot dies with it. If it cannot be taken nothing stays behind.

    `fields` are those of `manifest.spelt` and `preference`; no class means the default one of the storage.
    """
    source = await register(cluster, caller, claim["metadata"]["namespace"], fields)
    snapshot = manifest.snapshot(source, claim["metadata"]["name"], snapshot_class, labels)
    try:
        await cluster.create(caller, VOLUME_SNAPSHOTS, snapshot, claim["metadata"]["namespace"])
    except BaseException:
        await cluster.delete(caller, DATA_SOURCES, source)
        raise
    return source


async def register(
    cluster: Cluster, caller: Caller, namespace: str, fields: Json, *, snapshot: str = "", size: int | None = None
) -> Json:
    """Make an image whose data is a snapshot: the one of this name, else one of the image's own name.

    `size` is what the image is said to have been received with, where that is not what its snapshot holds.
    """
    told = {key: value for key, value in fields.items() if key != "preference"}
    wanted = manifest.data_source(names.new_id(), namespace, told, fields.get("preference", ""))
    name = snapshot or wanted["metadata"]["name"]
    wanted["spec"] = {"source": {"snapshot": {"namespace": namespace, "name": name}}}
    if size is not None:
        wanted["metadata"]["annotations"][spelling.SIZE] = str(size)
    return await cluster.create(caller, DATA_SOURCES, wanted, namespace)


async def discard(cluster: Cluster, caller: Caller, source: Json) -> None:
    """Delete an image that its maker has no use for any more; one that is protected, or being cloned, stays."""
    if spelling.flag(source, spelling.PROTECTED) or in_use(cluster, source) is not None:
        log.info("image stays", image=spelling.identity(source), namespace=source["metadata"]["namespace"])
        return
    await cluster.delete(caller, DATA_SOURCES, source)
