"""Which next hops a router's extra routes may have. Reads the cache, writes nothing."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.cluster import Cluster
from dicot.network import limits, ranges, store
from dicot.network.resources import ROUTER
from dicot.network.routers import interfaces

Json = dict[str, Any]


def check(cluster: Cluster, router: Json, routes: list[Json]) -> None:
    """Refuse routes over the limit, or to a next hop that the router is not connected with."""
    router_id = store.identity(ROUTER, router)
    most = limits.of(cluster, store.namespace_of(router))["router_route"]
    if 0 <= most < len(routes):
        raise BadRequest(
            f"Unable to complete operation for {router_id}. The number of routes exceeds the maximum {most}.",
            kind="RoutesExhausted",
        )
    cidrs = [one["spec"]["cidr"] for one in interfaces.subnets(cluster, router_id)]
    own = {one["ipAddress"] for port in interfaces.of(cluster, router_id) for one in port["spec"]["fixedIps"]}
    gateway = router["spec"].get("externalGatewayInfo")
    if gateway is not None:
        cidrs += [one["spec"]["cidr"] for one in store.subnets_of(cluster, gateway["networkId"])]
        own |= {one["ipAddress"] for one in gateway.get("externalFixedIps", [])}
    for route in routes:
        if not any(ranges.contains(cidr, route["nexthop"]) for cidr in cidrs):
            raise _invalid(routes, "the nexthop is not connected with router")
        if route["nexthop"] in own:
            raise _invalid(routes, "the nexthop is used by router")


def _invalid(routes: list[Json], reason: str) -> BadRequest:
    return BadRequest(f"Invalid format for routes: {routes}, {reason}", kind="InvalidRoutes")
