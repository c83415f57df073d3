"""Handlers of identity providers and protocols: read-only views of how Kubernetes itself knows people."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity.federation import view
from dicot.identity.listing import collection
from dicot.identity.tokens.view import FEDERATED, PROVIDER

Json = dict[str, Any]


def _url(request: Request) -> str:
    return request.url("/OS-FEDERATION/identity_providers")


def check_provider(request: Request) -> None:
    """Refuse the path of another provider than Kubernetes."""
    asked = request.params["provider_id"]
    if asked != PROVIDER:
        raise NotFound(f"Could not find Identity Provider: {asked}.")


def check_protocol(request: Request) -> None:
    """Refuse the path of another protocol than that of bearer tokens."""
    check_provider(request)
    asked = request.params["protocol_id"]
    if asked != FEDERATED:
        raise NotFound(f"Could not find federated protocol {asked} for Identity Provider: {PROVIDER}.")


async def index(request: Request, cluster: Cluster) -> Response:
    """List the identity providers: there is one."""
    return collection(request, cluster, "identity_providers", [view.provider(_url(request))], ("id", "enabled"))


async def show(request: Request, _: Cluster) -> Response:
    """Show the identity provider."""
    check_provider(request)
    return Response({"identity_provider": view.provider(_url(request))})


async def protocols(request: Request, cluster: Cluster) -> Response:
    """List the protocols of the identity provider: there is one."""
    check_provider(request)
    return collection(request, cluster, "protocols", [view.protocol(_url(request))])


async def protocol(request: Request, _: Cluster) -> Response:
    """Show the protocol."""
    check_protocol(request)
    return Response({"protocol": view.protocol(_url(request))})
