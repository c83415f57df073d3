"""Handlers of quotas. Limits are written by administrators, as themselves."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube.kinds import NAMESPACES, RESOURCE_QUOTAS
from dicot.network import attributes, limits, store
from dicot.network.attributes import Attribute, Attributes
from dicot.network.values import integer

Json = dict[str, Any]

LIMIT_MAX = 2**31 - 1

ATTRIBUTES: Attributes = {
    "tenant_id": Attribute(),
    "project_id": Attribute(),
    "check_limit": Attribute(),
    "force": Attribute(),
    **{name: Attribute(field=name, convert=integer(-1, LIMIT_MAX)) for name in limits.DEFAULTS},
}


def _namespace(request: Request, cluster: Cluster) -> str:
    """Return the namespace of the project in the path; 403 for another project's, as Neutron."""
    project_id, caller = request.params["id"], request.caller
    if project_id != caller.project_id and not caller.cloud_admin:
        raise Forbidden("rule:get_quota is disallowed by policy", kind="PolicyNotAuthorized")
    try:
        return store.namespace_for(cluster, caller, project_id)
    except BadRequest as error:
        raise NotFound(f"Project {project_id} could not be found.", kind="ProjectNotFound") from error


async def index(request: Request, cluster: Cluster) -> Response:
    """List the limits of the projects that have their own."""
    quotas = [one for one in cluster.cache(RESOURCE_QUOTAS).all() if one["metadata"]["name"] == limits.NAME]
    listed: list[Json] = []
    for quota in quotas:
        namespace = quota["metadata"]["namespace"]
        if cluster.cache(NAMESPACES).get(namespace) is not None:
            project_id = store.project_of(cluster, namespace)
            listed.append({**limits.of(cluster, namespace), "project_id": project_id, "tenant_id": project_id})
    return Response({"quotas": listed})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show a project's limits."""
    return Response({"quota": limits.of(cluster, _namespace(request, cluster))})


async def default(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project that has none of its own."""
    _namespace(request, cluster)
    return Response({"quota": dict(limits.DEFAULTS)})


async def details(request: Request, cluster: Cluster) -> Response:
    """Show a project's limits beside what it uses."""
    namespace = _namespace(request, cluster)
    most, used = limits.of(cluster, namespace), limits.used(cluster, namespace)
    return Response(
        {"quota": {name: {"limit": limit, "used": used[name], "reserved": 0} for name, limit in most.items()}}
    )


async def update(request: Request, cluster: Cluster) -> Response:
    """Set limits of a project."""
    namespace = _namespace(request, cluster)
    given = attributes.single(request.body, "quota")
    wish = attributes.for_update(ATTRIBUTES, given, request.caller, "quota")
    new = {name: limit for name, limit in wish.items() if name in limits.DEFAULTS}
    used = limits.used(cluster, namespace)
    if wish.get("check_limit") and not wish.get("force"):
        under = sorted(name for name, limit in new.items() if 0 <= limit < used[name])
        if under:
            raise Conflict(
                f"Change would make usage less than 0 for the following resources: {under}.", kind="InvalidQuotaValue"
            )
    quota = cluster.cache(RESOURCE_QUOTAS).get(limits.NAME, namespace)
    if quota is None:
        await cluster.create(request.caller, RESOURCE_QUOTAS, limits.manifest(new), namespace)
    else:
        body = limits.manifest({**limits.explicit(quota), **new})
        hard: Json = {key: None for key in quota["spec"].get("hard", {}) if key in limits.COUNTED.values()}
        patch = {
            "metadata": {"annotations": body["metadata"]["annotations"]},
            "spec": {"hard": {**hard, **body["spec"]["hard"]}},
        }
        await cluster.patch(request.caller, RESOURCE_QUOTAS, limits.NAME, patch, namespace)
    return Response({"quota": limits.of(cluster, namespace)})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Return a project to the default limits."""
    namespace = _namespace(request, cluster)
    quota = cluster.cache(RESOURCE_QUOTAS).get(limits.NAME, namespace)
    if quota is None:
        raise NotFound(f"Quota for tenant {request.params['id']} could not be found.", kind="TenantQuotaNotFound")
    await cluster.delete(request.caller, RESOURCE_QUOTAS, quota)
    cluster.cache(RESOURCE_QUOTAS).forget(quota["metadata"]["uid"])
    return Response(status=204)
