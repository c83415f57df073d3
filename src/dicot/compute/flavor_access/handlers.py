"""Handlers of flavor access."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.flavor_access import changes
from dicot.compute.flavors import lookup, manifest
from dicot.identity import namespaces

Json = dict[str, Any]


def _access(flavor: Json) -> Response:
    flavor_id = manifest.flavor_id(flavor)
    allowed = [{"flavor_id": flavor_id, "tenant_id": project} for project in manifest.projects(flavor)]
    return Response({"flavor_access": allowed})


async def index(request: Request, cluster: Cluster) -> Response:
    """List the projects that a private flavor is for."""
    flavor = lookup.find(cluster, request.caller, request.params["flavor_id"])
    if manifest.is_public(flavor):
        raise NotFound("Access list not available for public flavors.")
    return _access(flavor)


async def add_tenant_access(request: Request, cluster: Cluster) -> Response:
    """Let a project use a private flavor."""
    project = request.body["addTenantAccess"]["tenant"]
    if namespaces.find(cluster, project) is None:
        raise BadRequest(f"Project ID {project} is not a valid project.")
    refuses_public = not request.before(changes.NOT_FOR_PUBLIC_FLAVORS)

    def decide(flavor: Json) -> Json:
        if refuses_public and manifest.is_public(flavor):
            raise Conflict("Can not add access to a public flavor.")
        allowed = manifest.projects(flavor)
        if project in allowed:
            raise Conflict(
                f"Flavor access already exists for flavor {manifest.flavor_id(flavor)} and project {project} "
                "combination."
            )
        return manifest.granted([*allowed, project])

    return _access(await lookup.change(cluster, request.caller, request.params["flavor_id"], decide))


async def remove_tenant_access(request: Request, cluster: Cluster) -> Response:
    """Take a private flavor away from a project, whether or not that still exists."""
    project = request.body["removeTenantAccess"]["tenant"]

    def decide(flavor: Json) -> Json:
        allowed = manifest.projects(flavor)
        if project not in allowed:
            raise NotFound(f"Flavor access not found for {manifest.flavor_id(flavor)} / {project} combination.")
        return manifest.granted([one for one in allowed if one != project])

    return _access(await lookup.change(cluster, request.caller, request.params["flavor_id"], decide))
