"""Handlers of quota sets: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import parameters as p
from dicot.compute import quota
from dicot.compute.quota import UNLIMITED, Quota
from dicot.compute.quota_sets import changes, manifest
from dicot.identity import namespaces
from dicot.kube import errors as kube
from dicot.kube.kinds import RESOURCE_QUOTAS

Json = dict[str, Any]


def _namespace(request: Request, cluster: Cluster) -> str:
    """Return the namespace of the project in the path: the caller's own, or any for an administrator."""
    project, caller = request.params["target_id"], request.caller
    if project != caller.project_id and not caller.cloud_admin:
        assert request.route is not None
        raise Forbidden(request.service.forbidden(request.route))
    found = namespaces.find(cluster, project)
    if found is None:
        raise BadRequest(f"Project ID {project} is not a valid project.")
    return str(found["metadata"]["name"])


def _limits(quotas: dict[str, Quota]) -> Json:
    return {name: one.limit for name, one in quotas.items()}


async def show(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project; no user has limits of their own."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    return Response({"quota_set": {"id": request.params["target_id"], **_limits(quotas)}})


async def detail(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project with what is used."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    told = {name: {"limit": one.limit, "in_use": one.in_use, "reserved": 0} for name, one in quotas.items()}
    return Response({"quota_set": {"id": request.params["target_id"], **told}})


async def defaults(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project without its own."""
    project = request.params["target_id"]
    if namespaces.find(cluster, project) is None:
        raise BadRequest(f"Project ID {project} is not a valid project.")
    return Response({"quota_set": {"id": project, **_limits(quota.of_project(cluster, ""))}})


async def update(request: Request, cluster: Cluster) -> Response:
    """Write limits into the project's ResourceQuota."""
    namespace = _namespace(request, cluster)
    if request.asked("user_id"):
        raise BadRequest("Quotas of users are not supported: limit the project.")
    limits = decided(request.body["quota_set"], quota.of_project(cluster, namespace))
    if limits:
        await write(request, cluster, (namespace, quota.OBJECT), manifest.limited(limits))
    return Response({"quota_set": _limits(quota.of_project(cluster, namespace))})


def decided(asked: Json, have: dict[str, Quota]) -> dict[str, int]:
    """Return the limits to write; 400 for one that is below what is used, or that nothing can hold."""
    known = {**changes.FILES, **changes.NETWORKS, **_limits(have)}
    limits: dict[str, int] = {}
    for name, text in asked.items():
        if name == "force":
            continue
        limit = int(text)
        if name in quota.SETTABLE:
            if UNLIMITED < limit < have[name].in_use and not p.truth(asked.get("force", False)):
                raise BadRequest(
                    f"Quota limit {limit} for {name} must be greater than or equal to already used and reserved "
                    f"{have[name].in_use}."
                )
            limits[name] = limit
        elif limit != known[name]:
            raise BadRequest(f"Quota limit {limit} for {name} is not supported: it is always {known[name]}.")
    return limits


async def write(request: Request, cluster: Cluster, place: tuple[str, str], change: Json) -> None:
    """Change a ResourceQuota, by namespace and name, or make it."""
    namespace, name = place
    if cluster.cache(RESOURCE_QUOTAS).get(name, namespace) is None:
        try:
            await cluster.create(request.caller, RESOURCE_QUOTAS, manifest.resource_quota(name, change), namespace)
            return
        except kube.AlreadyExists:
            pass  # another replica was faster: change its object
    await cluster.patch(request.caller, RESOURCE_QUOTAS, name, change, namespace)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Take away the limits that Dicot wrote; a user never has any."""
    namespace = _namespace(request, cluster)
    found = cluster.cache(RESOURCE_QUOTAS).get(quota.OBJECT, namespace)
    if found is not None and not request.asked("user_id"):
        await cluster.delete(request.caller, RESOURCE_QUOTAS, found)
    return Response(status=202)
