"""Inherited roles: one binding says so, and a RoleBinding in each project below makes it true in Kubernetes.

The reconciler keeps the latter (dicot.reconcile.inheritance); requests make and remove them at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

from dicot import names
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import grants, lookup, namespaces
from dicot.identity.assignments import manifest, targets
from dicot.identity.assignments.bindings import bind, unbind
from dicot.identity.assignments.handlers import assigned, checked, listed, named
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS

Json = dict[str, Any]


def sources(cluster: Cluster) -> Iterator[Json]:
    """Return the bindings of all inherited roles."""
    for binding in cluster.cache(CLUSTER_ROLE_BINDINGS).all():
        if grants.inherited(binding) and role_of(binding) and binding.get("subjects"):
            yield binding


def role_of(source: Json) -> str:
    """Return the role that is inherited; "" if the binding says no such thing."""
    given = grants.domain_role_of(source) or grants.below_project(source)
    return given[1] if given else ""


def heirs(cluster: Cluster, source: Json) -> list[Json]:
    """Return the namespaces of the projects in which an inherited role holds."""
    on_domain, below = grants.domain_role_of(source), grants.below_project(source)
    if on_domain is not None:
        return [one for one in namespaces.all_of(cluster) if namespaces.domain_id(one) == on_domain[0]]
    return namespaces.descendants(cluster, below[0]) if below else []


def wanted(cluster: Cluster, source: Json) -> list[Json]:
    """Return the RoleBindings that make an inherited role true."""
    return [manifest.realised(source, role_of(source), one["metadata"]["name"]) for one in heirs(cluster, source)]


def realisations(cluster: Cluster, source: Json) -> list[Json]:
    """Return the RoleBindings that stand for an inherited role now."""
    return cluster.cache(ROLE_BINDINGS).find("inherited-from", source["metadata"]["uid"])


def by_source(binding: Json) -> Iterable[str]:
    """Index a RoleBinding by the uid of what it is inherited from."""
    uid = names.labels_of(binding).get(grants.INHERITED_FROM)
    return (uid,) if uid else ()


async def reach(cluster: Cluster, caller: Caller, namespace: Json) -> None:
    """Make the roles that a new project inherits true in it, with the caller's rights."""
    name = namespace["metadata"]["name"]
    found = [body for source in sources(cluster) for body in wanted(cluster, source)]
    mine = [body for body in found if body["metadata"]["namespace"] == name]
    await asyncio.gather(*(bind(cluster, caller, ROLE_BINDINGS, body) for body in mine))


async def index(request: Request, cluster: Cluster) -> Response:
    """List the roles that an actor has in all projects below a domain or project."""
    return listed(request, cluster, *named(request, cluster, below=True))


async def check(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether an actor has the role in all projects below."""
    return checked(request, cluster, *named(request, cluster, below=True))


async def assign(request: Request, cluster: Cluster) -> Response:
    """Assign a role in all projects below: those there are get it now, later ones when they are made."""
    where, who = named(request, cluster, below=True)
    role = lookup.role(cluster, request.params["role_id"])
    caller, source = request.caller, targets.binding(where, role, who)
    if all(have != role for have, _ in targets.bindings(cluster, where, who.key)):
        await bind(cluster, caller, where.kind, source)
    for have, binding in targets.bindings(cluster, where, who.key):
        if have == role:
            bodies = wanted(cluster, binding)
            await asyncio.gather(*(bind(cluster, caller, ROLE_BINDINGS, body) for body in bodies))
    return Response(status=204)


async def revoke(request: Request, cluster: Cluster) -> Response:
    """Take a role away in all projects below: first what says so, so that nothing brings it back."""
    where, who = named(request, cluster, below=True)
    for source in assigned(request, cluster, where, who):
        there = realisations(cluster, source)
        await unbind(cluster, request.caller, where.kind, source, who.key)
        await asyncio.gather(*(unbind(cluster, request.caller, ROLE_BINDINGS, one, who.key) for one in there))
    return Response(status=204)
