"""Handlers of what there is none of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.errors import Forbidden, Gone, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.api.route import Handler
from dicot.cluster import Cluster
from dicot.identity import lookup
from dicot.identity.catalog import handlers as catalog
from dicot.identity.listing import wrapped

Look = Callable[[Request, Cluster], Any]
"""Looks for something that the path names; NotFound if it is not there."""


def none(key: str, *above: Look) -> Handler:
    """Return the handler of a list that is always empty, below what must be there."""

    async def index(request: Request, cluster: Cluster) -> Response:
        for look in above:
            look(request, cluster)
        return wrapped(request, key, [])

    return index


def absent(noun: str, name: str = "") -> Handler:
    """Return the handler of one object: there is none of any id. `name`: what the route calls the id."""
    parameter = name or f"{noun}_id"

    async def show(request: Request, _: Cluster) -> Response:
        raise lookup.absent(noun, request.params[parameter])

    return show


async def no_association(request: Request, cluster: Cluster) -> Response:
    """Answer that no policy holds at an endpoint."""
    catalog.found_endpoint(request, cluster)
    raise NotFound("Could not find policy association.")


async def model(request: Request, _: Cluster) -> Response:
    """Show how limits of projects below projects would hold: not at all, which Keystone calls flat."""
    description = "Limit enforcement and validation does not take project hierarchy into consideration."
    return Response({"model": {"name": "flat", "description": description}})


async def no_configuration(request: Request, cluster: Cluster) -> Response:
    """Answer that a domain has no configuration of its own, nor a part of one."""
    domain_id, group, option = (request.params.get(key, "") for key in ("domain_id", "group", "option"))
    lookup.domain(cluster, domain_id)
    asked = f"option {option} in group {group}" if option else f"group {group}" if group else "any options"
    raise NotFound(f"Could not find {asked} in domain configuration for domain {domain_id}.")


async def no_default(request: Request, _: Cluster) -> Response:
    """Answer that no group of options can be set for a domain, so that none has defaults."""
    group = request.params.get("group")
    if group is None:
        return Response({"config": {}})
    reason = f"Group {group} is not supported for domain specific configurations"
    raise Forbidden(f"Invalid domain specific configuration: {reason}.")


def refuse(instead: str) -> Handler:
    """Return the handler that refuses by name to keep what nothing would act on, and says what there is instead."""

    async def refused(request: Request, _: Cluster) -> Response:
        assert request.route is not None
        raise Forbidden(f"{request.service.forbidden(request.route)} {instead}")

    return refused


def unserved(instead: str) -> Handler:
    """Return the handler that refuses by name a way to log in, and says which one there is instead."""

    async def refused(_: Request, __: Cluster) -> Response:
        raise NotImplementedHere(f"The action you have requested has not been implemented. {instead}")

    return refused


async def gone(_: Request, __: Cluster) -> Response:
    """Answer as Keystone does since it has no tokens with certificates (keystone/api/os_simple_cert.py)."""
    raise Gone("This API is no longer available due to the removal of support for PKI tokens.")
