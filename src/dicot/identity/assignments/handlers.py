"""Handlers of one assignment: a role of a user or group on a project, domain or the system."""

from __future__ import annotations

import asyncio
from typing import Any

from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import grants, lookup, roleset, rules
from dicot.identity.assignments import targets
from dicot.identity.assignments.bindings import bind, unbind
from dicot.identity.assignments.targets import Actor, Target
from dicot.identity.listing import wrapped
from dicot.identity.roles import view

Json = dict[str, Any]


def named(request: Request, cluster: Cluster, *, below: bool = False) -> tuple[Target, Actor]:
    """Return target and actor of the path, if the caller may touch them: who rules a project assigns roles in it."""
    caller, params = request.caller, request.params
    rules_it = grants.ADMIN in caller.roles and caller.project_id and caller.project_id == params.get("project_id")
    reads = request.http.method in {"GET", "HEAD"} and rules.reads_all(caller)
    if not (caller.cloud_admin or rules_it or reads):
        raise rules.refused(request)
    return targets.target(cluster, params, below=below), targets.actor(cluster, params)


async def index(request: Request, cluster: Cluster) -> Response:
    """List the roles assigned directly to this actor on this target."""
    return listed(request, cluster, *named(request, cluster))


def listed(request: Request, cluster: Cluster, where: Target, who: Actor) -> Response:
    """Answer with the roles assigned to this actor on this target."""
    have = roleset.ordered(cluster, {role for role, _ in targets.bindings(cluster, where, who.key)})
    url = request.url("/roles")
    return wrapped(request, "roles", [view.role(role, roleset.made(cluster, role), url) for role in have])


async def check(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether the actor has the role there."""
    return checked(request, cluster, *named(request, cluster))


def checked(request: Request, cluster: Cluster, where: Target, who: Actor) -> Response:
    """Answer 204 if the actor has the role of the path there; 404 if not."""
    role_id = request.params["role_id"]
    role = lookup.role(cluster, role_id)
    if all(have != role for have, _ in targets.bindings(cluster, where, who.key)):
        raise targets.unassigned(role_id, who, where)
    return Response(status=204)


async def assign(request: Request, cluster: Cluster) -> Response:
    """Assign the role: a binding, made with the caller's own rights; assigned already is no error."""
    where, who = named(request, cluster)
    role = lookup.role(cluster, request.params["role_id"])
    if all(have != role for have, _ in targets.bindings(cluster, where, who.key)):
        await bind(cluster, request.caller, where.kind, targets.binding(where, role, who))
    return Response(status=204)


async def revoke(request: Request, cluster: Cluster) -> Response:
    """Take the role away, whoever bound it: from the next request on the actor does not have it."""
    where, who = named(request, cluster)
    found = assigned(request, cluster, where, who)
    await asyncio.gather(*(unbind(cluster, request.caller, where.kind, one, who.key) for one in found))
    return Response(status=204)


def assigned(request: Request, cluster: Cluster, where: Target, who: Actor) -> list[Json]:
    """Return the bindings that give the actor the role of the path there; NotFound if there is none."""
    role_id = request.params["role_id"]
    role = lookup.role(cluster, role_id)
    found = [binding for have, binding in targets.bindings(cluster, where, who.key) if have == role]
    if not found:
        raise targets.unassigned(role_id, who, where)
    return found
