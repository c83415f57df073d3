"""Handlers of roles: the built-in ones cannot be changed, since ClusterRoles decide what they may do."""

from __future__ import annotations

import asyncio
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import grants, lookup, roleset, unique
from dicot.identity.kinds import IDENTITY_ROLES
from dicot.identity.listing import collection
from dicot.identity.roles import manifest, view
from dicot.identity.roles.schema import KNOWN
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS

Json = dict[str, Any]


def shown(request: Request, cluster: Cluster, role: str) -> Json:
    """Show a role with its link."""
    return view.role(role, roleset.made(cluster, role), request.url("/roles"))


async def index(request: Request, cluster: Cluster) -> Response:
    """List the roles there are; none belongs to a domain."""
    found = [shown(request, cluster, one) for one in roleset.everyone(cluster)]
    return collection(request, cluster, "roles", found, ("name", "domain_id"))


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one role."""
    return Response({"role": shown(request, cluster, lookup.role(cluster, request.params["role_id"]))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Make a role that Kubernetes gives no right to: a name that other services read in tokens."""
    body = request.body["role"]
    _refuse_domain(body)
    _check_free(cluster, body["name"])
    spec = {key: value for key, value in manifest.spec(body, KNOWN).items() if value is not None}
    wanted = manifest.role(names.derived_hex(names.new_id()), spec)
    made = await unique.create(
        cluster,
        request.caller,
        IDENTITY_ROLES,
        wanted,
        lambda there: there["spec"].get("name") == body["name"],
        _taken(body["name"]),
    )
    return Response({"role": shown(request, cluster, names.identity_of(made, "role"))}, status=201)


def _refuse_domain(body: Json) -> None:
    if body.get("domain_id"):
        raise Forbidden(
            "You are not authorized to perform the requested action: identity:create_domain_role. domain_id: "
            "a role of a domain cannot be made here, since Kubernetes' roles belong to the cluster."
        )


def _check_free(cluster: Cluster, name: str) -> None:
    if roleset.named(cluster, name) is not None:
        raise _taken(name)


def _taken(name: str) -> Conflict:
    return Conflict(f"Conflict occurred attempting to store role - Duplicate entry found with name {name}.")


def _immutable(verb: str, role_id: str) -> Forbidden:
    hint = 'Set resource option "immutable" to false first.'
    return Forbidden(f"Unable to {verb} immutable role resource: `{role_id}`. {hint}")


def changeable(cluster: Cluster, role_id: str, verb: str) -> Json:
    """Return the object of a role; Forbidden, in Keystone's words, if it may not be changed."""
    found = roleset.made(cluster, lookup.role(cluster, role_id))
    if found is None:
        raise _immutable(verb, role_id)
    return found


async def update(request: Request, cluster: Cluster) -> Response:
    """Rename or describe a role; one that is immutable may only be told to be so no longer."""
    body, role_id = request.body["role"], request.params["role_id"]
    found = changeable(cluster, role_id, "update")
    _refuse_domain(body)
    if body.get("id", role_id) != role_id:
        raise BadRequest("Cannot change role ID")
    if _is_immutable(found) and (set(body) != {"options"} or (body["options"] or {}).get("immutable", True)):
        raise _immutable("update", role_id)
    if body.get("name", found["spec"]["name"]) != found["spec"]["name"]:
        _check_free(cluster, body["name"])
    patch = {"spec": manifest.spec(body, KNOWN)}
    await cluster.patch(request.caller, IDENTITY_ROLES, found["metadata"]["name"], patch)
    return Response({"role": shown(request, cluster, role_id)})


def _is_immutable(obj: Json) -> bool:
    return bool((obj["spec"].get("options") or {}).get("immutable"))


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a role with its assignments."""
    role_id = request.params["role_id"]
    found = changeable(cluster, role_id, "delete")
    if _is_immutable(found):
        raise _immutable("delete", role_id)
    await asyncio.gather(
        *(
            cluster.delete(request.caller, kind, binding)
            for kind in (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS)
            for binding in cluster.cache(kind).all()
            if role_id in (grants.role_of(binding), (grants.domain_role_of(binding) or ("", ""))[1])
        )
    )
    await cluster.delete(request.caller, IDENTITY_ROLES, found)
    return Response(status=204)
