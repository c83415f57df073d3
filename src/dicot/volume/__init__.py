"""Cinder v3: volumes are PersistentVolumeClaims, types StorageClasses, snapshots VolumeSnapshots."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.cluster import by_id
from dicot.kube.cache import Watched
from dicot.kube.kinds import (
    CDI_CONFIGS,
    DATA_VOLUMES,
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOTS,
)
from dicot.volume.volumes import spelling

ROUTES: tuple[Route, ...] = ()

SERVICE = Service(
    name="volume",
    root="/volume",
    version="/v3",
    catalog=(("block-storage", "cinder"),),
    routes=ROUTES,
    envelope=errors.fault,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
)

WATCHED: tuple[Watched, ...] = (
    Watched(NAMESPACES),
    Watched(PERSISTENT_VOLUME_CLAIMS, indexes={"volume": by_id("volume")}),
    Watched(DATA_VOLUMES, indexes={"volume": spelling.labelled_id}, optional=True),
    Watched(STORAGE_CLASSES),
    Watched(STORAGE_PROFILES, optional=True),
    Watched(CDI_CONFIGS, optional=True),
    Watched(VOLUME_SNAPSHOTS, indexes={"id": by_id("snapshot"), "claim": spelling.snapshot_claims}, optional=True),
    Watched(VIRTUAL_MACHINES, indexes={"id": by_id("server"), "claim": spelling.vm_claims}),
    Watched(VIRTUAL_MACHINE_INSTANCES, indexes={"claim": spelling.vmi_claims}),
)
