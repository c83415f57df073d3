"""What filters of endpoints name in their paths, and that no endpoint is given to a project by one."""

from __future__ import annotations

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import lookup
from dicot.identity.catalog import handlers as catalog


def project(request: Request, cluster: Cluster) -> None:
    """Refuse the path of a project that there is not."""
    lookup.project(cluster, request.params["project_id"])


def endpoint(request: Request, cluster: Cluster) -> None:
    """Refuse the path of an endpoint that there is not."""
    catalog.found_endpoint(request, cluster)


async def check(request: Request, cluster: Cluster) -> Response:
    """Answer that an endpoint is given to a project by no filter."""
    endpoint(request, cluster)
    project(request, cluster)
    given = request.params
    raise NotFound(f"Endpoint {given['endpoint_id']} not found in project {given['project_id']}.")
