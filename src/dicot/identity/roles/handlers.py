"""Handlers of roles: read-only, since what a role may do is decided by ClusterRoles."""

from __future__ import annotations

from dicot.api.errors import Conflict, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import grants, lookup
from dicot.identity.listing import collection
from dicot.identity.roles import view


async def index(request: Request, cluster: Cluster) -> Response:
    """List the roles there are."""
    url = request.url("/roles")
    return collection(request, cluster, "roles", [view.role(one, url) for one in grants.ROLES], ("name", "domain_id"))


async def show(request: Request, _: Cluster) -> Response:
    """Show one role."""
    return Response({"role": view.role(lookup.role(request.params["role_id"]), request.url("/roles"))})


async def create(request: Request, _: Cluster) -> Response:
    """Refuse: a role that exists conflicts, another would have no meaning in Kubernetes."""
    name = request.body["role"]["name"]
    if name in grants.IMPLIED:
        raise Conflict(f"Conflict occurred attempting to store role - Duplicate entry found with name {name}.")
    raise Forbidden(
        f"You are not authorized to perform the requested action: identity:create_role. Role {name} cannot be made: "
        f"roles are ClusterRoles of Kubernetes, and there are {', '.join(grants.ROLES)}."
    )


def _immutable(verb: str, role_id: str) -> Forbidden:
    hint = 'Set resource option "immutable" to false first.'
    return Forbidden(f"Unable to {verb} immutable role resource: `{role_id}`. {hint}")


async def update(request: Request, _: Cluster) -> Response:
    """Refuse: every role is immutable."""
    role_id = request.params["role_id"]
    lookup.role(role_id)
    raise _immutable("update", role_id)


async def delete(request: Request, _: Cluster) -> Response:
    """Refuse: every role is immutable."""
    role_id = request.params["role_id"]
    lookup.role(role_id)
    raise _immutable("delete", role_id)


async def implies(request: Request, _: Cluster) -> Response:
    """Show which roles one role implies."""
    name = lookup.role(request.params["role_id"])
    here = f"{request.prefix}{request.http.scope['path']}"
    return Response({"role_inference": view.inference(name, request.url("/roles")), "links": {"self": here}})


async def implied(request: Request, _: Cluster) -> Response:
    """Show, or tell by the status, that one role implies another."""
    prior, other = lookup.role(request.params["role_id"]), lookup.role(request.params["implied_id"])
    if other == prior or other not in grants.IMPLIED[prior]:
        raise NotFound(f"{request.params['role_id']} does not imply {request.params['implied_id']}.")
    shown = view.inference(prior, request.url("/roles"))
    one = next(role for role in shown["implies"] if role["name"] == other)
    here = f"{request.prefix}{request.http.scope['path']}"
    return Response({"role_inference": {**shown, "implies": one}, "links": {"self": here}})


async def inferences(request: Request, _: Cluster) -> Response:
    """List which roles imply which."""
    url = request.url("/roles")
    shown = [view.inference(one, url) for one in grants.ROLES]
    here = f"{request.prefix}{request.http.scope['path']}"
    return Response({"role_inferences": [one for one in shown if one["implies"]], "links": {"self": here}})
