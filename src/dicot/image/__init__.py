"""Glance v2: images are CDI DataSources."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.kube.cache import Watched

ROUTES: tuple[Route, ...] = ()

SERVICE = Service(
    name="image",
    root="/image",
    version="/v2",
    catalog=(("image", "glance"),),
    routes=ROUTES,
    envelope=errors.glance,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
)

WATCHED: tuple[Watched, ...] = ()
