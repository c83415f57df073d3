"""Handlers of flavors: gather, decide, act."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api import paging
from dicot.api.errors import Conflict
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.flavors import listing, lookup, manifest, view
from dicot.kube import errors as kube
from dicot.kube.kinds import CLUSTER_INSTANCETYPES

Json = dict[str, Any]


def _list(request: Request, cluster: Cluster, path: str, show: Callable[[Request, Json], Json]) -> Response:
    page, more = listing.page(request, cluster)
    body: Json = {"flavors": [show(request, one) for one in page]}
    if more:
        link = paging.next_link(request, path, manifest.flavor_id(page[-1]))
        body["flavors_links"] = [{"rel": "next", "href": link}]
    return Response(body)


async def index(request: Request, cluster: Cluster) -> Response:
    """List flavors by id and name."""
    return _list(request, cluster, "/flavors", view.brief)


async def detail(request: Request, cluster: Cluster) -> Response:
    """List flavors in full."""
    return _list(request, cluster, "/flavors/detail", view.flavor)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one flavor."""
    found = lookup.shown(cluster, request.caller, request.params["flavor_id"])
    return Response({"flavor": view.flavor(request, found)})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a flavor; 409 if its id or its name is taken."""
    wanted = manifest.instancetype(request.body["flavor"])
    name, flavor_id = manifest.flavor_name(wanted), manifest.flavor_id(wanted)
    flavors = cluster.cache(CLUSTER_INSTANCETYPES)
    if flavors.find("flavor", flavor_id):
        raise Conflict(f"Flavor with ID {flavor_id} already exists.")
    if any(manifest.flavor_name(one) == name for one in flavors.all()):
        raise Conflict(f"Flavor with name {name} already exists.")
    try:
        made = await cluster.create(request.caller, CLUSTER_INSTANCETYPES, wanted)
    except kube.AlreadyExists as error:
        raise Conflict(f"Flavor with name {name} already exists.") from error
    return Response({"flavor": view.flavor(request, made)})


async def update(request: Request, cluster: Cluster) -> Response:
    """Describe a flavor otherwise."""
    change = manifest.described(request.body["flavor"]["description"])
    made = await lookup.change(cluster, request.caller, request.params["flavor_id"], lambda _: change)
    return Response({"flavor": view.flavor(request, made)})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a flavor; servers made with it stay as they are."""
    found = lookup.find(cluster, request.caller, request.params["flavor_id"])
    await cluster.delete(request.caller, CLUSTER_INSTANCETYPES, found)
    return Response(status=202)
