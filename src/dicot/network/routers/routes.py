"""Handlers of a router's extra routes, edited atomically."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import answers, attributes, store, values
from dicot.network.drivers.choice import of as driver_of
from dicot.network.resources import ROUTER
from dicot.network.routers import handlers, reach

Json = dict[str, Any]
Change = Callable[[list[Json], list[Json]], list[Json]]


async def add_extraroutes(request: Request, cluster: Cluster) -> Response:
    """Add routes to those a router has."""
    return await _edit(request, cluster, lambda have, given: [*have, *(one for one in given if one not in have)])


async def remove_extraroutes(request: Request, cluster: Cluster) -> Response:
    """Take routes away from those a router has; one it has not is no error."""
    return await _edit(request, cluster, lambda have, given: [one for one in have if one not in given])


async def _edit(request: Request, cluster: Cluster, change: Change) -> Response:
    given = attributes.single(request.body, ROUTER.name)
    wanted = values.routes(given.get("routes"), "routes")

    async def decide(obj: Json) -> Json:
        routes = change(obj["spec"].get("routes", []), wanted)
        reach.check(cluster, obj, routes)
        return {"routes": routes}

    obj = await store.change(cluster, request.caller, ROUTER, request.params["id"], decide, request=request)
    await driver_of(cluster).settle(cluster, obj)
    return answers.one(request, cluster, handlers.SERVED, obj)
