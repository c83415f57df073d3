"""Giving prefixes of a pool to subnets, so that no two get the same, whichever replicas are asked.

What is given is what Subnets name the pool. Between the choice and the Subnet it stands in the pool's status, which is
written only if the pool is still the version that was looked at; a place there outlives its use by a minute at most.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from dicot.api.errors import Conflict
from dicot.cluster import RETRIES, Cluster
from dicot.kube import errors as kube
from dicot.network import store
from dicot.network.kinds import SUBNET_POOLS, SUBNETS
from dicot.network.resources import SUBNET, SUBNET_POOL
from dicot.network.subnetpools import prefixes

Json = dict[str, Any]

PROMISE_S = 60
"""How long a prefix is kept for a subnet that is being made."""
_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


def given(cluster: Cluster, pool: Json) -> dict[str, tuple[str, str]]:
    """Return what a pool has given out, by subnet id: CIDR and namespace; with what is promised."""
    pool_id = store.identity(SUBNET_POOL, pool)
    found = {subnet_id: (one["cidr"], one["namespace"]) for subnet_id, one in _promises(pool).items() if _is_fresh(one)}
    for subnet in cluster.cache(SUBNETS).find("pool", pool_id):
        if store.alive(subnet) and store.may_use(pool, subnet):
            found[store.identity(SUBNET, subnet)] = (subnet["spec"]["cidr"], store.namespace_of(subnet))
    return found


def _is_fresh(promise: Json) -> bool:
    return promise["since"] > (datetime.now(UTC) - timedelta(seconds=PROMISE_S)).strftime(_FORMAT)


def _promises(pool: Json) -> dict[str, Json]:
    promised: dict[str, Json] = pool.get("status", {}).get("reserved") or {}
    return promised


async def take(cluster: Cluster, pool: Json, subnet_id: str, namespace: str, cidr: str | None, length: int) -> str:
    """Promise a prefix (`cidr`, or any of this length) to a subnet that is about to be made in a namespace."""
    prefixes.check_length(pool["spec"], length)
    name, home = pool["metadata"]["name"], store.namespace_of(pool)
    for _ in range(RETRIES):
        try:
            now = await cluster.look(SUBNET_POOLS, name, home)
        except kube.NotFound:
            raise SUBNET_POOL.missing(store.identity(SUBNET_POOL, pool)) from None
        have = given(cluster, now)
        free = prefixes.without(prefixes.of(now["spec"]), [one for one, _ in have.values()])
        chosen = prefixes.this_of(free, cidr) if cidr else prefixes.any_of(free, length)
        prefixes.check_quota(now["spec"], [one for one, owner in have.values() if owner == namespace], chosen)
        since = datetime.now(UTC).strftime(_FORMAT)
        old: Json = {one: None for one, promise in _promises(now).items() if not _is_fresh(promise)}
        promised = {**old, subnet_id: {"cidr": chosen, "namespace": namespace, "since": since}}
        try:
            await _write(cluster, now, promised, only=now["metadata"]["resourceVersion"])
        except kube.Conflict:
            continue
        return chosen
    raise Conflict(f"Subnet pool {store.identity(SUBNET_POOL, pool)} keeps changing. Try again.")


async def give_back(cluster: Cluster, pool_id: str, subnet_id: str) -> None:
    """Forget what was promised to a subnet that is gone, or was not made."""
    for pool in cluster.cache(SUBNET_POOLS).find("id", pool_id):
        if subnet_id in _promises(pool):
            try:
                await _write(cluster, pool, {subnet_id: None})
            except kube.NotFound:
                cluster.cache(SUBNET_POOLS).forget(pool["metadata"]["uid"])


async def _write(cluster: Cluster, pool: Json, promised: Json, only: str = "") -> None:
    patch: Json = {"status": {"reserved": promised}}
    if only:
        patch["metadata"] = {"resourceVersion": only}
    name, home = pool["metadata"]["name"], store.namespace_of(pool)
    changed = await cluster.client.patch(SUBNET_POOLS, name, patch, home, subresource="status")
    cluster.cache(SUBNET_POOLS).learn(changed)
