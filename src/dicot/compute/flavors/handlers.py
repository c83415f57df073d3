"""Handlers of flavors: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api import paging
from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.flavors import view
from dicot.compute.flavors.manifest import flavor_ids
from dicot.kube.kinds import CLUSTER_INSTANCETYPES

Json = dict[str, Any]


def find(cluster: Cluster, flavor_id: str) -> Json:
    """Return the instancetype that is this flavor; 404 in Nova's words."""
    found = cluster.cache(CLUSTER_INSTANCETYPES).find("flavor", flavor_id)
    if not found:
        raise NotFound(f"Flavor {flavor_id} could not be found.")
    return found[0]


def _page(request: Request, cluster: Cluster) -> tuple[list[Json], bool]:
    ordered = paging.order(list(cluster.cache(CLUSTER_INSTANCETYPES).all()), [(_identity, False)])
    return paging.page(
        request,
        ordered,
        _identity,
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"marker [{marker}] not found"),
    )


def _identity(instancetype: Json) -> str:
    (flavor_id,) = flavor_ids(instancetype)
    return flavor_id


async def index(request: Request, cluster: Cluster) -> Response:
    """List flavors by id and name."""
    page, more = _page(request, cluster)
    body: Json = {"flavors": [view.brief(request, one) for one in page]}
    if more:
        body["flavors_links"] = [{"rel": "next", "href": paging.next_link(request, "/flavors", _identity(page[-1]))}]
    return Response(body)


async def detail(request: Request, cluster: Cluster) -> Response:
    """List flavors in full."""
    page, more = _page(request, cluster)
    body: Json = {"flavors": [view.flavor(request, one) for one in page]}
    if more:
        link = paging.next_link(request, "/flavors/detail", _identity(page[-1]))
        body["flavors_links"] = [{"rel": "next", "href": link}]
    return Response(body)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one flavor."""
    return Response({"flavor": view.flavor(request, find(cluster, request.params["flavor_id"]))})
