"""Handlers of what there is none of."""

from __future__ import annotations

from dicot.api.errors import Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Handler
from dicot.cluster import Cluster
from dicot.identity import lookup
from dicot.identity.listing import wrapped

_INSTEAD = {
    "policy": "Policies are not kept here: Kubernetes' ClusterRoles say who may do what.",
    "limit": "Unified limits are not kept here: each service has quotas of its own.",
    "config": "Domains have no drivers here: other directories come in through Kubernetes' own authentication.",
}


def none(key: str) -> Handler:
    """Return the handler of a list that is always empty."""

    async def index(request: Request, _: Cluster) -> Response:
        return wrapped(request, key, [])

    return index


def absent(noun: str) -> Handler:
    """Return the handler of one object: there is none of any id."""

    async def show(request: Request, _: Cluster) -> Response:
        raise lookup.absent(noun, request.params[f"{noun}_id"])

    return show


async def model(request: Request, _: Cluster) -> Response:
    """Show how limits of projects below projects would hold: not at all, which Keystone calls flat."""
    description = "Limit enforcement and validation does not take project hierarchy into consideration."
    return Response({"model": {"name": "flat", "description": description}})


async def no_configuration(request: Request, cluster: Cluster) -> Response:
    """Answer that a domain has no configuration of its own."""
    domain_id = request.params["domain_id"]
    lookup.domain(cluster, domain_id)
    raise NotFound(f"Could not find any options in domain configuration for domain {domain_id}.")


async def refuse(request: Request, _: Cluster) -> Response:
    """Refuse by name to keep what nothing would act on."""
    assert request.route is not None
    instead = next(text for word, text in _INSTEAD.items() if word in request.route.policy)
    raise Forbidden(f"{request.service.forbidden(request.route)} {instead}")
