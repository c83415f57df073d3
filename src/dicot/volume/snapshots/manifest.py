"""OpenStack -> Kubernetes for snapshots. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicot import names

Json = dict[str, Any]


def volume_snapshot(
    snapshot_id: str,
    display: str | None,
    claim_name: str,
    snapshot_class: str,
    *,
    namespace: str,
    annotations: Mapping[str, str],
) -> Json:
    """Describe the VolumeSnapshot that is a Cinder snapshot; no class means the default one of the storage."""
    named = {} if display is None else {names.NAME: display}
    spec: Json = {"source": {"persistentVolumeClaimName": claim_name}}
    if snapshot_class:
        spec["volumeSnapshotClassName"] = snapshot_class
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshot",
        "metadata": {
            "name": f"{names.slug(display or 'snapshot')}-{snapshot_id[:8]}",
            "namespace": namespace,
            "labels": {names.id_label("snapshot"): snapshot_id, **names.MANAGED_BY},
            "annotations": {**named, **annotations},
        },
        "spec": spec,
    }
