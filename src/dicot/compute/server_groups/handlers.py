"""Handlers of server groups: gather, decide, act."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import quota
from dicot.compute.kinds import SERVER_GROUPS
from dicot.compute.server_groups import lookup, manifest, view
from dicot.kube.kinds import NAMESPACES

Json = dict[str, Any]


def _view(cluster: Cluster, group: Json) -> Json:
    namespace = cluster.cache(NAMESPACES).get(group["metadata"]["namespace"])
    project_id = names.project_id(namespace) if namespace is not None else ""
    members = (names.identity_of(vm, "server") for vm in lookup.members(cluster, group))
    return view.server_group(group, project_id, members)


async def index(request: Request, cluster: Cluster) -> Response:
    """List the project's server groups; an administrator who asks for `all_projects` sees those of all."""
    everyone = bool(request.asked_all("all_projects")) and request.caller.cloud_admin
    if not everyone and not request.caller.namespace:
        return Response({"server_groups": []})
    found = lookup.of_project(cluster, "" if everyone else request.caller.namespace)
    start, most = int(request.asked("offset") or 0), int(request.asked("limit") or 0) or cluster.config.page_max
    page = found[start : start + min(most, cluster.config.page_max)]
    return Response({"server_groups": [_view(cluster, group) for group in page]})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a server group."""
    asked, caller = request.body["server_group"], request.caller
    if asked.get("rules") and asked["policy"] != manifest.ANTI_AFFINITY:
        raise BadRequest("Only anti-affinity policy supports rules.")
    quota.require_group(cluster, caller.namespace)
    body = manifest.server_group(names.new_id(), asked, caller.user_id)
    made = await cluster.create(caller, SERVER_GROUPS, body, caller.namespace)
    return Response({"server_group": _view(cluster, made)})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one server group."""
    found = await lookup.find(cluster, request.caller, request.params["group_id"])
    return Response({"server_group": _view(cluster, found)})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a server group; its members stay where they are."""
    found = await lookup.find(cluster, request.caller, request.params["group_id"])
    await cluster.delete(request.caller, SERVER_GROUPS, found)
    return Response(status=204)
