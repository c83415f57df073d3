"""Cinder v3: volumes are PersistentVolumeClaims, types StorageClasses, snapshots VolumeSnapshots."""

from __future__ import annotations

from typing import Any

from dicot.api import errors
from dicot.api.errors import ApiError
from dicot.api.microversion import Range
from dicot.api.route import Route, Service
from dicot.cluster import by_id
from dicot.kube.cache import Watched
from dicot.kube.kinds import (
    CDI_CONFIGS,
    DATA_VOLUMES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    RESOURCE_QUOTAS,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOTS,
)
from dicot.volume import (
    absent,
    attachments,
    availability_zones,
    extensions,
    limits,
    quota_sets,
    services,
    snapshots,
    spelling,
    types,
    versions,
    volumes,
)

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *volumes.ROUTES,
    *types.ROUTES,
    *snapshots.ROUTES,
    *attachments.ROUTES,
    *limits.ROUTES,
    *quota_sets.ROUTES,
    *availability_zones.ROUTES,
    *services.ROUTES,
    *extensions.ROUTES,
    *absent.ROUTES,
)


def _envelope(error: ApiError) -> dict[str, Any]:
    """Render a fault as Cinder does: of what was too much, it says inside the body too when to try again."""
    body = errors.fault(error)
    if error.status == 413 and "Retry-After" in error.headers:
        body[error.key]["retryAfter"] = error.headers["Retry-After"]
    return body


SERVICE = Service(
    name="volume",
    root="/volume",
    version="/v3",
    catalog=(("volumev3", "cinderv3"), ("block-storage", "cinder")),
    routes=ROUTES,
    envelope=_envelope,
    lost=errors.glance,
    lacks_method=404,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
    microversions=Range("volume", versions.OLDEST, versions.NEWEST),
    project_in_path=True,
    exact=True,
    malformed="Malformed request body",
    request_id_headers=("x-compute-request-id", "x-openstack-request-id"),
)

WATCHED: tuple[Watched, ...] = (
    Watched(NAMESPACES),
    Watched(NODES),
    Watched(RESOURCE_QUOTAS),
    Watched(PERSISTENT_VOLUME_CLAIMS, indexes={"volume": by_id("volume")}),
    Watched(DATA_VOLUMES, indexes={"volume": spelling.labelled_id, "upload": spelling.uploads}, optional=True),
    Watched(STORAGE_CLASSES),
    Watched(STORAGE_PROFILES, optional=True),
    Watched(CDI_CONFIGS, optional=True),
    Watched(VOLUME_SNAPSHOTS, indexes={"id": by_id("snapshot"), "claim": spelling.snapshot_claims}, optional=True),
    Watched(VIRTUAL_MACHINES, indexes={"id": by_id("server"), "claim": spelling.vm_claims}),
    Watched(VIRTUAL_MACHINE_INSTANCES, indexes={"claim": spelling.vmi_claims}),
)
