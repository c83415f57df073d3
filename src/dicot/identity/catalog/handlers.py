"""Handlers of services, endpoints and regions: what the configuration says, read-only."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import authenticator, lookup
from dicot.identity.catalog import view
from dicot.identity.listing import collection

Json = dict[str, Any]


def _services(request: Request, cluster: Cluster) -> list[Json]:
    return [view.service(one, request.url("/services")) for one in authenticator.of(cluster).catalog]


def _endpoints(request: Request, cluster: Cluster) -> list[Json]:
    url = request.url("/endpoints")
    return [one for entry in authenticator.of(cluster).catalog for one in view.endpoints(entry, request.prefix, url)]


def _regions(request: Request, cluster: Cluster) -> list[Json]:
    return [view.region(cluster.config.region, request.url("/regions"))]


def _one(views: list[Json], noun: str, identity: str) -> Json:
    found = next((view for view in views if view["id"] == identity), None)
    if found is None:
        raise lookup.absent(noun, identity)
    return found


async def services(request: Request, cluster: Cluster) -> Response:
    """List the services."""
    return collection(request, cluster, "services", _services(request, cluster), ("type", "name"))


async def service(request: Request, cluster: Cluster) -> Response:
    """Show one service."""
    return Response({"service": _one(_services(request, cluster), "service", request.params["service_id"])})


async def endpoints(request: Request, cluster: Cluster) -> Response:
    """List the endpoints; a project's id stands in a URL as the placeholder that Keystone's own catalog has."""
    filters = ("interface", "service_id", "region_id")
    return collection(request, cluster, "endpoints", _endpoints(request, cluster), filters)


async def endpoint(request: Request, cluster: Cluster) -> Response:
    """Show one endpoint."""
    return Response({"endpoint": found_endpoint(request, cluster)})


def found_endpoint(request: Request, cluster: Cluster) -> Json:
    """Return the endpoint that the path names."""
    return _one(_endpoints(request, cluster), "endpoint", request.params["endpoint_id"])


async def regions(request: Request, cluster: Cluster) -> Response:
    """List the regions: there is one."""
    return collection(request, cluster, "regions", _regions(request, cluster), ("parent_region_id",))


async def region(request: Request, cluster: Cluster) -> Response:
    """Show one region."""
    return Response({"region": _one(_regions(request, cluster), "region", request.params["region_id"])})


async def refuse(request: Request, _: Cluster) -> Response:
    """Refuse to change the catalog: it says what this process serves."""
    assert request.route is not None
    raise Forbidden(f"{request.service.forbidden(request.route)} The catalog is read-only: it says what Dicot serves.")
