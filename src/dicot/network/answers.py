"""The way every resource answers: create (one or several), show, list, update. Knows no resource in particular."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network import attributes, listing, store
from dicot.network.attributes import Attributes
from dicot.network.resources import Resource

Json = dict[str, Any]
Make = Callable[[Cluster, Caller, Json], Awaitable[Json]]
Undo = Callable[[Cluster, Caller, Json], Awaitable[None]]
Show = Callable[[Cluster, Caller, Json], Json]


class Served(msgspec.Struct, frozen=True):
    """One resource as it is served: what it accepts and how it is shown."""

    resource: Resource
    attributes: Attributes
    show: Show


async def create(request: Request, cluster: Cluster, served: Served, make: Make, undo: Undo) -> Response:
    """Create what the body asks for: everything, or (after an error) nothing."""
    resource, caller = served.resource, request.caller
    given, several = attributes.objects(request.body, resource.name, resource.collection)
    wishes = [attributes.for_create(served.attributes, one, caller, resource.name) for one in given]
    made: list[Json] = []
    try:
        for wish in wishes:
            one = await make(cluster, caller, wish)
            made.append(one)
    except BaseException:
        for one in reversed(made):
            await undo(cluster, caller, one)
        raise
    views = [listing.fields(request, served.show(cluster, caller, one)) for one in made]
    return Response({resource.collection: views} if several else {resource.name: views[0]}, status=201)


async def index(request: Request, cluster: Cluster, served: Served) -> Response:
    """List what the caller may know of."""
    resource = served.resource
    views = [served.show(cluster, request.caller, one) for one in store.visible(cluster, request.caller, resource)]
    return listing.answer(request, views, resource.collection, resource.path, served.attributes)


async def show(request: Request, cluster: Cluster, served: Served) -> Response:
    """Show one object."""
    obj = await store.find(cluster, request.caller, served.resource, request.params["id"])
    return one(request, cluster, served, obj)


def one(request: Request, cluster: Cluster, served: Served, obj: Json) -> Response:
    """Answer with one object."""
    view = served.show(cluster, request.caller, obj)
    return Response({served.resource.name: listing.fields(request, view)})


def wish(request: Request, served: Served) -> Json:
    """Read what an update wants to change."""
    resource = served.resource
    given = attributes.single(request.body, resource.name)
    return attributes.for_update(served.attributes, given, request.caller, resource.name)
