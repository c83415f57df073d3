"""Glance v2: images are CDI DataSources."""

from __future__ import annotations

from dicot.api.route import Route, Service
from dicot.cluster import by_id
from dicot.image import (
    actions,
    faults,
    file,
    images,
    importing,
    info,
    members,
    metadefs,
    schemas,
    tags,
    tasks,
    versions,
)
from dicot.image.images.lookup import by_visibility
from dicot.kube.cache import Watched
from dicot.kube.kinds import (
    CDI_CONFIGS,
    CLUSTER_PREFERENCES,
    DATA_SOURCES,
    DATA_VOLUMES,
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    ROLE_BINDINGS,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VOLUME_SNAPSHOTS,
)

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *images.ROUTES,
    *file.ROUTES,
    *importing.ROUTES,
    *tags.ROUTES,
    *members.ROUTES,
    *actions.ROUTES,
    *schemas.ROUTES,
    *info.ROUTES,
    *tasks.ROUTES,
    *metadefs.ROUTES,
)

SERVICE = Service(
    name="image",
    root="/image",
    version="/v2",
    catalog=(("image", "glance"),),
    routes=ROUTES,
    envelope=faults.envelope,
    forbidden=lambda route: f"You are not authorized to complete {route.policy} action.",
    malformed="Malformed JSON in request body.",
)

WATCHED: tuple[Watched, ...] = (
    Watched(DATA_SOURCES, indexes={"id": by_id("image"), "visibility": by_visibility}, optional=True),
    Watched(CLUSTER_PREFERENCES, optional=True),
    Watched(DATA_VOLUMES, optional=True),
    Watched(NAMESPACES),
    Watched(PERSISTENT_VOLUME_CLAIMS),
    Watched(ROLE_BINDINGS),
    Watched(STORAGE_CLASSES),
    Watched(STORAGE_PROFILES, optional=True),
    Watched(CDI_CONFIGS, optional=True),
    Watched(VOLUME_SNAPSHOTS, optional=True),
)
