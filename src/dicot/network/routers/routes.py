"""Handlers of a router's extra routes, edited atomically."""

from __future__ import annotations

from typing import Any

from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import answers, attributes, drivers, store, values
from dicot.network.resources import ROUTER
from dicot.network.routers import handlers, reach

Json = dict[str, Any]


async def add_extraroutes(request: Request, cluster: Cluster) -> Response:
    """Add routes to those a router has."""
    return await _edit(request, cluster, lambda have, given: [*have, *(one for one in given if one not in have)])


async def remove_extraroutes(request: Request, cluster: Cluster) -> Response:
    """Take routes away from those a router has; one it has not is no error."""
    return await _edit(request, cluster, lambda have, given: [one for one in have if one not in given])


async def _edit(request: Request, cluster: Cluster, change: Any) -> Response:
    given = attributes.single(request.body, ROUTER.name)
    wanted = values.routes(given.get("routes"), "routes")

    async def decide(obj: Json) -> Json:
        routes = change(obj["spec"].get("routes", []), wanted)
        reach.check(cluster, obj, routes)
        return {"routes": routes}

    obj = await store.change(cluster, request.caller, ROUTER, request.params["id"], decide, request=request)
    await drivers.of(cluster).settle_router(cluster, obj)
    return answers.one(request, cluster, handlers.SERVED, obj)
