"""Handlers of quota sets: limits come from, and go to, the ResourceQuotas of a project's namespace."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import RESOURCE_QUOTAS
from dicot.volume import listing, quota
from dicot.volume.limits import namespace_of
from dicot.volume.quota import UNLIMITED, Quota

Json = dict[str, Any]

OBJECT = "dicot-quota"
"""The ResourceQuota that Dicot writes; others of the namespace count too, and the strictest holds."""
IGNORED = frozenset({"id", "tenant_id", "force"})


def _namespace(request: Request, cluster: Cluster, *, reading: bool = True) -> str:
    project_id = request.params["target_id"]
    caller = request.caller
    if reading and project_id == caller.project_id:
        return caller.namespace
    if not caller.cloud_admin:
        assert request.route is not None
        raise Forbidden(f"Policy doesn't allow {request.route.policy} to be performed.")
    return namespace_of(cluster, project_id)


def _limits(quotas: dict[str, Quota]) -> Json:
    return {name: one.limit for name, one in quotas.items()}


async def show(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project, with what is used if asked for."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    told = _limits(quotas)
    if listing.asked_true(request, "usage"):
        told = {name: {"limit": one.limit, "in_use": one.in_use, "reserved": 0} for name, one in quotas.items()}
    return Response({"quota_set": {**told, "id": request.params["target_id"]}})


async def defaults(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a project that nobody limited: there are none."""
    quotas = quota.of_project(cluster, _namespace(request, cluster))
    free = {name: quota.FIXED.get(name, UNLIMITED) for name in quotas}
    return Response({"quota_set": {**free, "id": request.params["target_id"]}})


async def update(request: Request, cluster: Cluster) -> Response:
    """Write limits into the project's ResourceQuota."""
    namespace = _namespace(request, cluster, reading=False)
    have = quota.of_project(cluster, namespace)
    wanted = {key: int(value) for key, value in request.body["quota_set"].items() if key not in IGNORED}
    hard: dict[str, str | None] = {}
    for key, limit in wanted.items():
        hard |= _spelt(have, key, limit)
    await _write(request, cluster, namespace, hard)
    return Response({"quota_set": _limits(quota.of_project(cluster, namespace))})


def _spelt(have: dict[str, Quota], key: str, limit: int) -> dict[str, str | None]:
    """Spell one limit for a ResourceQuota; BadRequest by name for what it cannot hold."""
    spellings = quota.keys(key)
    if key not in have or (not spellings and limit != have[key].limit):
        raise BadRequest(f"Invalid input for field/attribute quota_set. {key}: no ResourceQuota can limit this.")
    if limit < UNLIMITED:
        raise BadRequest(f"Invalid input for field/attribute {key}. Value: {limit}. {limit} is less than -1")
    if UNLIMITED < limit < have[key].in_use:
        raise BadRequest(
            f"Quota {key} limit must be equal or greater than existing resources. Current usage is {have[key].in_use} "
            f"and the requested limit is {limit}."
        )
    if not spellings:
        return {}
    text = f"{limit}Gi" if key.startswith("gigabytes") else str(limit)
    return {spellings[0]: text if limit != UNLIMITED else None}


async def _write(request: Request, cluster: Cluster, namespace: str, hard: dict[str, str | None]) -> None:
    if cluster.cache(RESOURCE_QUOTAS).get(OBJECT, namespace) is None:
        set_now = {key: value for key, value in hard.items() if value is not None}
        body: Json = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": OBJECT, "namespace": namespace, "labels": dict(names.MANAGED_BY)},
            "spec": {"hard": set_now},
        }
        try:
            await cluster.create(request.caller, RESOURCE_QUOTAS, body, namespace)
            return
        except kube.AlreadyExists:
            pass  # another replica was faster: change its object
    await cluster.patch(request.caller, RESOURCE_QUOTAS, OBJECT, {"spec": {"hard": hard}}, namespace)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Remove the limits that this service wrote."""
    namespace = _namespace(request, cluster, reading=False)
    found = cluster.cache(RESOURCE_QUOTAS).get(OBJECT, namespace)
    spelt = {key for name in quota.of_project(cluster, namespace) for key in quota.keys(name)}
    if found is not None:
        gone = dict.fromkeys(spelt & (found["spec"].get("hard") or {}).keys())
        await cluster.patch(request.caller, RESOURCE_QUOTAS, OBJECT, {"spec": {"hard": gone}}, namespace)
    return Response(status=200)
