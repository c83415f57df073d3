"""Handlers of implied roles: built-in rules are Kubernetes' aggregation; other rules hold among roles made here."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import grants, lookup, roleset
from dicot.identity.kinds import IDENTITY_ROLES
from dicot.identity.roles import view

Json = dict[str, Any]


def _linked(request: Request, cluster: Cluster, role: str) -> Json:
    return view.linked(grants.role_id(role), roleset.name_of(cluster, role), request.url("/roles"))


def _rule(request: Request, cluster: Cluster, prior: str) -> Json:
    implied = [_linked(request, cluster, one) for one in roleset.following(cluster, prior)]
    return {"prior_role": _linked(request, cluster, prior), "implies": implied}


def _here(request: Request) -> Json:
    return {"self": f"{request.prefix}{request.http.scope['path']}"}


async def index(request: Request, cluster: Cluster) -> Response:
    """Show which roles one role implies directly."""
    rule = _rule(request, cluster, lookup.role(cluster, request.params["role_id"]))
    return Response({"role_inference": rule, "links": _here(request)})


def _pair(request: Request, cluster: Cluster) -> tuple[str, str]:
    params = request.params
    return lookup.role(cluster, params["role_id"]), lookup.role(cluster, params["implied_id"])


def _absent(request: Request) -> NotFound:
    return NotFound(f"{request.params['role_id']} does not imply {request.params['implied_id']}.")


def _one(request: Request, cluster: Cluster) -> Json:
    prior, other = _pair(request, cluster)
    if other not in roleset.following(cluster, prior):
        raise _absent(request)
    rule = {"prior_role": _linked(request, cluster, prior), "implies": _linked(request, cluster, other)}
    return {"role_inference": rule, "links": _here(request)}


async def show(request: Request, cluster: Cluster) -> Response:
    """Show that one role implies another directly."""
    return Response(_one(request, cluster))


async def check(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether one role implies another directly."""
    _one(request, cluster)
    return Response(status=204)


async def create(request: Request, cluster: Cluster) -> Response:
    """Let one role imply another: both must be roles without rights in Kubernetes, which knows no implication."""
    prior, other = _changeable(request, cluster)
    if grants.role_id(prior) in {other, *roleset.implied(cluster, [other])}:
        raise Forbidden(f"{prior} cannot be an implied roles.")
    implied = roleset.following(cluster, prior)
    if other not in implied:
        await _store(request, cluster, prior, [*implied, other])
    return Response(_one(request, cluster), status=201)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Let one role not imply another any more."""
    prior, other = _changeable(request, cluster)
    implied = roleset.following(cluster, prior)
    if other not in implied:
        raise _absent(request)
    await _store(request, cluster, prior, [one for one in implied if one != other])
    return Response(status=204)


def _changeable(request: Request, cluster: Cluster) -> tuple[str, str]:
    pair = _pair(request, cluster)
    for role in pair:
        if role in grants.IMPLIED:
            assert request.route is not None
            raise Forbidden(
                f"{request.service.forbidden(request.route)} Role {role} implies, and is implied by, what its "
                "ClusterRole gathers: label a ClusterRole rbac.dicot.io/aggregate-to-<role> instead."
            )
    return pair


async def _store(request: Request, cluster: Cluster, prior: str, implied: list[str]) -> None:
    found = roleset.made(cluster, prior)
    assert found is not None, "the caller has looked it up"
    meta = found["metadata"]
    patch = {"metadata": {"resourceVersion": meta["resourceVersion"]}, "spec": {"implies": implied}}
    await cluster.patch(request.caller, IDENTITY_ROLES, meta["name"], patch)


async def inferences(request: Request, cluster: Cluster) -> Response:
    """List which roles imply which directly."""
    rules = [_rule(request, cluster, one) for one in roleset.everyone(cluster)]
    return Response({"role_inferences": [one for one in rules if one["implies"]]})
