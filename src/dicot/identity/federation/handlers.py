"""Logging in with a bearer token of Kubernetes by the path that keystoneauth's `v3oidcaccesstoken` takes."""

from __future__ import annotations

from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import bearer, callers
from dicot.identity.federation.providers import check_protocol
from dicot.identity.tokens import guard
from dicot.identity.tokens.handlers import issued
from dicot.identity.tokens.methods import of_kubernetes
from dicot.identity.tokens.scope import Scope
from dicot.identity.tokens.view import FEDERATED


async def login(request: Request, cluster: Cluster) -> Response:
    """Issue an unscoped token to the person whom Kubernetes knows by the bearer token; it is then rescoped."""
    check_protocol(request)
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    async with guard.counted(request, cluster):
        holder = await bearer.holder(cluster, token.strip()) if scheme.lower() == "bearer" else None
        if holder is None:
            raise callers.refused()
    return issued(request, cluster, of_kubernetes(holder, FEDERATED), Scope())
