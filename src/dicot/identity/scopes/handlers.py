"""Handlers of what a person may scope a token to: projects, domains, the system; and the catalog of the token."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import authenticator, callers, grants, namespaces, people
from dicot.identity.catalog.entries import catalog
from dicot.identity.domains import handlers as domains
from dicot.identity.kinds import DOMAINS
from dicot.identity.listing import keeps, wrapped
from dicot.identity.projects import handlers as projects
from dicot.identity.users import handlers as users

Json = dict[str, Any]


def _projects(cluster: Cluster, subjects: tuple[str, ...]) -> list[Json]:
    """Return the projects in which these subjects have a role; a role over the cluster is one in every project."""
    if callers.roles_in_system(cluster, subjects):
        return sorted(namespaces.all_of(cluster), key=lambda one: one["metadata"]["uid"])
    return callers.projects_with_roles(cluster, subjects)


async def list_projects(request: Request, cluster: Cluster) -> Response:
    """List the projects that the caller may have a token for."""
    subjects = callers.subjects_of(cluster, request.caller)
    found = [one for one in _projects(cluster, subjects) if callers.usable(cluster, one)]
    return wrapped(request, "projects", projects.visible(request, found))


async def projects_of_user(request: Request, cluster: Cluster) -> Response:
    """List the projects in which a user has a role: one's own always, anyone's for those who read users."""
    user = users.readable(request, cluster)
    if user is None:
        found = _projects(cluster, callers.subjects_of(cluster, request.caller))
    else:
        kube_user, kube_groups = callers.of_user(cluster, request.params["user_id"])
        # A role over the cluster is not counted here: Keystone's list is of assignments on projects.
        found = callers.projects_with_roles(cluster, grants.subject_keys(kube_user, kube_groups))
    return wrapped(request, "projects", projects.visible(request, found))


async def list_domains(request: Request, cluster: Cluster) -> Response:
    """List the domains that the caller may have a token for."""
    subjects = callers.subjects_of(cluster, request.caller)
    found = [
        one
        for one in cluster.cache(DOMAINS).all()
        if people.enabled(one) and callers.roles_on_domain(cluster, people.domain_id(one), subjects)
    ]
    views = [domains.shown(request, one) for one in found]
    return wrapped(request, "domains", [one for one in views if keeps(request, one, domains.FILTERS)])


async def list_system(request: Request, cluster: Cluster) -> Response:
    """Tell whether the caller may have a token for the system."""
    has = bool(callers.roles_in_system(cluster, callers.subjects_of(cluster, request.caller)))
    return wrapped(request, "system", [{"all": True}] if has else [])


async def show_catalog(request: Request, cluster: Cluster) -> Response:
    """Show the catalog as a token of this scope holds it."""
    caller = request.caller
    if not caller.project_id:
        raise Forbidden("You are not authorized to perform the requested action.")
    entries = catalog(authenticator.of(cluster).catalog, request.prefix, caller.project_id)
    return Response({"catalog": entries, "links": {"self": request.url("/auth/catalog")}})
