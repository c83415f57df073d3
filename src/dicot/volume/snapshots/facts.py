"""What is known of one snapshot of a volume: a CSI VolumeSnapshot, and the claim it was taken of."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import NAMESPACES, PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOTS
from dicot.kube.quantity import gibibytes_up
from dicot.volume import spelling
from dicot.volume.snapshots.record import TYPE, Snapshot
from dicot.volume.volumes import facts as volume_facts

Json = dict[str, Any]


def gather(cluster: Cluster, snapshot: Json) -> Snapshot:
    """Put together what the caches know of a VolumeSnapshot."""
    facts = names.annotations_of(snapshot)
    claim = _claim(cluster, snapshot)
    volume_id = facts.get(spelling.SOURCE_VOLUME) or (names.identity_of(claim, "volume") if claim else "")
    size = names.whole(facts.get(spelling.SIZE_GIB, ""))
    spec = claim["spec"] if claim else {}
    return Snapshot(
        id=names.identity_of(snapshot, "snapshot"),
        snapshot=snapshot,
        volume_id=volume_id or names.derived_id("snapshot-source", snapshot["metadata"]["uid"]),
        type_name=facts.get(TYPE) or spec.get("storageClassName"),
        size_gib=size if size is not None else _size_gib(cluster, snapshot, claim),
        zone=facts.get(spelling.ZONE) or (names.annotations_of(claim).get(spelling.ZONE, "") if claim else ""),
    )


def _claim(cluster: Cluster, snapshot: Json) -> Json | None:
    name = snapshot["spec"].get("source", {}).get("persistentVolumeClaimName")
    return cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(name, snapshot["metadata"]["namespace"]) if name else None


def _size_gib(cluster: Cluster, snapshot: Json, claim: Json | None) -> int:
    restored = (snapshot.get("status") or {}).get("restoreSize")
    if restored:
        return max(1, gibibytes_up(restored))
    return volume_facts.gather(cluster, claim).size_gib if claim else 1


def all_in(cluster: Cluster, namespace: str | None) -> list[Snapshot]:
    """Return every snapshot of a project, or (None) of all projects."""
    cache = cluster.cache(VOLUME_SNAPSHOTS)
    found = cache.all() if namespace is None else cache.find("namespace", namespace)
    return [gather(cluster, one) for one in found if _visible(cluster, one)]


def _visible(cluster: Cluster, snapshot: Json) -> bool:
    """Tell whether it is a snapshot of a volume: not of an image, of CDI's work, or of a server's local disk."""
    meta = snapshot["metadata"]
    if names.id_label("image") in names.labels_of(snapshot) or meta["name"].startswith("tmp-snapshot-"):
        return False
    claim = _claim(cluster, snapshot)
    if claim is not None and not spelling.is_volume(claim, volume_facts.data_volume_of(cluster, claim)):
        return False
    namespace = cluster.cache(NAMESPACES).get(meta["namespace"])
    return namespace is not None and names.is_project(namespace)


async def find(cluster: Cluster, caller: Caller, snapshot_id: str) -> Snapshot:
    """Return a snapshot that the caller may see; 404 in Cinder's words."""
    namespace = None if caller.cloud_admin else caller.namespace
    found = await cluster.find(caller, VOLUME_SNAPSHOTS, "snapshot", snapshot_id, namespace)
    if found is None or not _visible(cluster, found):
        raise NotFound(f"Snapshot {snapshot_id} could not be found.")
    return gather(cluster, found)
