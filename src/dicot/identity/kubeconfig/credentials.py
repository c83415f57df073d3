"""Kubernetes credentials of tenants as they are made, kept true and ended. Dicot itself writes them.

No user may be allowed to: whoever makes ServiceAccounts, tokens and bindings may make any.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from dicot.api.errors import Unauthorized
from dicot.cluster import Cluster
from dicot.identity import callers
from dicot.identity.kinds import KUBERNETES_CREDENTIALS
from dicot.identity.kubeconfig import manifest
from dicot.identity.times import parse
from dicot.kube import errors as kube
from dicot.kube.kinds import ROLE_BINDINGS, SERVICE_ACCOUNTS, Kind

Json = dict[str, Any]


async def furnish(cluster: Cluster, found: Json, role: str) -> None:
    """Make the ServiceAccount of a credential, and bind it to a role in its namespace."""
    system = cluster.config.system_namespace
    await asyncio.gather(
        cluster.client.create(SERVICE_ACCOUNTS, manifest.service_account(found, system)),
        _bind(cluster, found, role),
    )


async def token(cluster: Cluster, found: Json, lifetime_s: int) -> Json:
    """Let Kubernetes make a token of a credential: {token, expirationTimestamp}."""
    path = SERVICE_ACCOUNTS.path(cluster.config.system_namespace, found["metadata"]["name"], "token")
    kind = Kind("authentication.k8s.io", "v1", "tokenrequests", "TokenRequest")
    request = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": {"expirationSeconds": lifetime_s}}
    return (await cluster.client.post(path, request))["status"]


async def keep(cluster: Cluster, found: Json) -> None:
    """Make a credential be what its login is now: of another role, bound before the last one goes, or nothing."""
    role = role_now(cluster, found)
    if not role:
        await end(cluster, found)
        return
    namespace, cache = found["spec"]["namespace"], cluster.cache(ROLE_BINDINGS)
    bound = {one: cache.get(manifest.binding_name(found, one), namespace) for one in manifest.RANKS}
    if bound[role] is None:
        await _bind(cluster, found, role)
    for other, there in bound.items():
        if other != role and there is not None:
            await _delete(cluster, ROLE_BINDINGS, there["metadata"]["name"], namespace)
            cache.forget(there["metadata"]["uid"])


def role_now(cluster: Cluster, found: Json) -> str:
    """Return the role that a credential may have now; "" if its time, its login or the role is gone."""
    expires_at = parse(found["spec"]["expiresAt"])
    if expires_at <= time.time():
        return ""
    try:
        caller = callers.caller(cluster, manifest.login_of(found, expires_at))
    except Unauthorized:
        return ""
    return manifest.rank(caller.roles)


async def end(cluster: Cluster, found: Json) -> None:
    """End a credential: the ServiceAccount first, whose tokens end with it; then what it was bound by."""
    name, namespace = found["metadata"]["name"], found["spec"]["namespace"]
    await _delete(cluster, SERVICE_ACCOUNTS, name, cluster.config.system_namespace)
    for role in manifest.RANKS:
        if cluster.cache(ROLE_BINDINGS).get(manifest.binding_name(found, role), namespace) is not None:
            await _delete(cluster, ROLE_BINDINGS, manifest.binding_name(found, role), namespace)
    await _delete(cluster, KUBERNETES_CREDENTIALS, name, None)
    cluster.cache(KUBERNETES_CREDENTIALS).forget(found["metadata"]["uid"])


async def _bind(cluster: Cluster, found: Json, role: str) -> None:
    body = manifest.binding(found, role, cluster.config.system_namespace)
    with contextlib.suppress(kube.AlreadyExists):
        made = await cluster.client.create(ROLE_BINDINGS, body)
        cluster.cache(ROLE_BINDINGS).learn(made)


async def _delete(cluster: Cluster, kind: Kind, name: str, namespace: str | None) -> None:
    with contextlib.suppress(kube.NotFound):
        await cluster.client.delete(kind, name, namespace)
