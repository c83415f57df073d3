"""Handlers of quota classes: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import parameters as p
from dicot.compute import quota
from dicot.compute.quota_sets import manifest
from dicot.compute.quota_sets.handlers import decided, write

Json = dict[str, Any]

_DEFAULT = "default"


def _limits(cluster: Cluster) -> Json:
    return {name: one.limit for name, one in quota.of_project(cluster, "").items()}


async def show(request: Request, cluster: Cluster) -> Response:
    """Show the limits of a class: what nobody set in it is as in `default`, as in Nova."""
    return Response({"quota_class_set": {"id": request.params["quota_class"], **_limits(cluster)}})


async def update(request: Request, cluster: Cluster) -> Response:
    """Set limits of every project that has none of its own; what is used already is no matter, as in Nova."""
    name = request.params["quota_class"]
    if len(name) > p.NAME_LENGTH_MAX:
        raise BadRequest(f"Invalid input received: quota_class_name has {len(name)} characters, more than 255.")
    limits = decided(request.body["quota_class_set"], quota.of_project(cluster, ""))
    if name != _DEFAULT:
        raise BadRequest(f"Quota class {name} is not supported: projects have the limits of the class {_DEFAULT}.")
    if limits:
        place = (cluster.config.system_namespace, quota.DEFAULTS)
        await write(request, cluster, place, manifest.defaults(limits))
    return Response({"quota_class_set": _limits(cluster)})
