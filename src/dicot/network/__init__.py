"""Neutron v2.0: what the driver of the cluster network can do."""

from __future__ import annotations

from dicot.api import errors
from dicot.api.route import Route, Service
from dicot.kube.cache import Watched
from dicot.network import (
    address_scopes,
    agents,
    extensions,
    floatingips,
    networks,
    ports,
    quotas,
    routers,
    security_group_rules,
    security_groups,
    subnetpools,
    subnets,
    tags,
    versions,
)
from dicot.network.watched import KINDS

ROUTES: tuple[Route, ...] = (
    *versions.ROUTES,
    *extensions.ROUTES,
    *networks.ROUTES,
    *subnets.ROUTES,
    *subnetpools.ROUTES,
    *address_scopes.ROUTES,
    *ports.ROUTES,
    *routers.ROUTES,
    *floatingips.ROUTES,
    *security_groups.ROUTES,
    *security_group_rules.ROUTES,
    *tags.ROUTES,
    *quotas.ROUTES,
    *agents.ROUTES,
)

SERVICE = Service(
    name="network",
    root="/network",
    version="/v2.0",
    catalog=(("network", "neutron"),),
    routes=ROUTES,
    envelope=errors.neutron,
    forbidden=lambda route: f"rule:{route.policy} is disallowed by policy",
    json_suffix=True,
)

WATCHED: tuple[Watched, ...] = KINDS
