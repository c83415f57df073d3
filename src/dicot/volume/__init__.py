"""Cinder v3: volumes are PersistentVolumeClaims."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.kube.cache import Watched

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

WATCHED: tuple[Watched, ...] = ()
