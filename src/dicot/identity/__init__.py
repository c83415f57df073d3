"""Keystone v3: projects are namespaces, role assignments are RoleBindings."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.kube.cache import Watched

ROUTES: tuple[Route, ...] = ()

SERVICE = Service(
    name="identity",
    root="/identity",
    version="/v3",
    catalog=(("identity", "keystone"),),
    routes=ROUTES,
    envelope=errors.keystone,
    forbidden=lambda route: f"Policy doesn't allow {route.policy} to be performed.",
)

WATCHED: tuple[Watched, ...] = ()
