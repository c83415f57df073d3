"""Handlers of a server's security groups: those of its ports."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.server_security_groups import view
from dicot.compute.servers import lookup
from dicot.kube.kinds import NAMESPACES
from dicot.network import plug, projected
from dicot.network.kinds import SECURITY_GROUPS

Json = dict[str, Any]


async def index(request: Request, cluster: Cluster) -> Response:
    """List the groups of a server's ports, each once, by name."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    namespace = vm["metadata"]["namespace"]
    project = cluster.cache(NAMESPACES).get(namespace)
    project_id = names.project_id(project) if project is not None else ""
    server_id = names.identity_of(vm, lookup.NOUN)
    groups = {names.identity_of(one, view.NOUN): one for one in plug.security_groups(cluster, namespace, server_id)}
    default = projected.default_group(cluster, namespace)
    known = [*cluster.cache(SECURITY_GROUPS).find("namespace", namespace), *([default] if default else [])]
    named = {names.identity_of(one, view.NOUN): one["spec"].get("name", one["metadata"]["name"]) for one in known}
    told = [view.group(one, project_id, named) for one in groups.values()]
    return Response({"security_groups": sorted(told, key=lambda one: str(one["name"]))})


async def add(request: Request, cluster: Cluster) -> Response:
    """Put a server's ports into one more group."""
    vm, name = await _parse(request, cluster, "addSecurityGroup")
    server_id = names.identity_of(vm, lookup.NOUN)
    await plug.add_security_group(cluster, request.caller, server_id, vm["metadata"]["namespace"], name)
    return Response(status=202)


async def remove(request: Request, cluster: Cluster) -> Response:
    """Take a server's ports out of a group."""
    vm, name = await _parse(request, cluster, "removeSecurityGroup")
    server_id = names.identity_of(vm, lookup.NOUN)
    await plug.remove_security_group(cluster, request.caller, server_id, vm["metadata"]["namespace"], name)
    return Response(status=202)


async def _parse(request: Request, cluster: Cluster, action: str) -> tuple[Json, str]:
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    name = request.body[action]["name"].strip()
    if not name:
        raise BadRequest("Security group name cannot be empty")
    return vm, name
