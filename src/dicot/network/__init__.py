"""Neutron v2.0: what the driver of the cluster network can do."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.kube.cache import Watched

ROUTES: tuple[Route, ...] = ()

SERVICE = Service(
    name="network",
    root="/network",
    version="/v2.0",
    catalog=(("network", "neutron"),),
    routes=ROUTES,
    envelope=errors.neutron,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
)

WATCHED: tuple[Watched, ...] = ()
