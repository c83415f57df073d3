"""Which address scope a subnet pool may be in, and which one the subnets of a network are in."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import store
from dicot.network.kinds import ADDRESS_SCOPES, SUBNET_POOLS, SUBNETS
from dicot.network.resources import ADDRESS_SCOPE, SUBNET_POOL
from dicot.network.subnetpools import prefixes

Json = dict[str, Any]


async def check(cluster: Cluster, caller: Caller, spec: Json, pool_id: str, namespace: str) -> None:
    """Refuse a pool (its spec) that does not fit its address scope, in Neutron's words."""
    scope_id = spec.get("addressScopeId")
    if not scope_id:
        return
    scope = await store.find(cluster, caller, ADDRESS_SCOPE, scope_id)
    said = f"Illegal subnetpool association: subnetpool {pool_id} cannot "
    if not store.may_use(scope, {"metadata": {"namespace": namespace}}):
        raise BadRequest(
            f"{said}be associated with address scope {scope_id}.", kind="IllegalSubnetPoolAssociationToAddressScope"
        )
    version = scope["spec"]["ipVersion"]
    if version != spec["ipVersion"]:
        raise BadRequest(
            f"{said}associate with address scope {scope_id} because subnetpool ip_version is not {version}.",
            kind="IllegalSubnetPoolIpVersionAssociationToAddressScope",
        )
    _check_networks(cluster, pool_id, version)
    for other in cluster.cache(SUBNET_POOLS).find("scope", scope_id):
        other_id = store.identity(SUBNET_POOL, other)
        if other_id == pool_id or not store.alive(other) or not store.may_use(scope, other):
            continue
        if prefixes.overlap(spec["prefixes"], prefixes.of(other["spec"])):
            raise Conflict(
                "Failed to associate address scope: subnetpools within an address scope must have unique prefixes.",
                kind="AddressScopePrefixConflict",
            )


def _check_networks(cluster: Cluster, pool_id: str, version: int) -> None:
    """Refuse to move subnets into a scope that their neighbours on the network would not be in."""
    for subnet in cluster.cache(SUBNETS).find("pool", pool_id):
        for one in store.subnets_of(cluster, subnet["spec"]["networkId"]):
            if one["spec"]["ipVersion"] == version and one["spec"].get("subnetPoolId") != pool_id:
                raise strangers()


def strangers() -> BadRequest:
    """Return the error of subnets of several address scopes on one network."""
    return BadRequest(
        "Subnets of the same address family hosted on the same network must all participate in the same address scope.",
        kind="NetworkAddressScopeAffinityError",
    )


async def check_own(cluster: Cluster, caller: Caller, pool: Json) -> None:
    """Refuse to change a pool in an address scope that somebody else shares."""
    scope_id = pool["spec"].get("addressScopeId")
    if not scope_id or caller.cloud_admin:
        return
    scope = await store.find(cluster, caller, ADDRESS_SCOPE, scope_id)
    if store.namespace_of(scope) != caller.namespace:
        raise BadRequest(
            f"Illegal subnetpool update : subnetpool {store.identity(SUBNET_POOL, pool)} cannot be updated when "
            f"associated with shared address scope {scope_id}.",
            kind="IllegalSubnetPoolUpdate",
        )


def pool_of(cluster: Cluster, subnet: Json) -> Json | None:
    """Return the pool that a subnet is of, if it may be."""
    found = cluster.cache(SUBNET_POOLS).find("id", subnet["spec"].get("subnetPoolId") or "")
    usable = [one for one in found if store.alive(one) and store.may_use(one, subnet)]
    return min(usable, key=lambda one: one["metadata"]["creationTimestamp"], default=None)


def scope_of(cluster: Cluster, subnet: Json) -> str | None:
    """Return the id of the address scope that a subnet is in, if its pool may be in it."""
    pool = pool_of(cluster, subnet)
    if pool is None or not pool["spec"].get("addressScopeId"):
        return None
    scope_id: str = pool["spec"]["addressScopeId"]
    found = cluster.cache(ADDRESS_SCOPES).find("id", scope_id)
    return scope_id if any(store.alive(one) and store.may_use(one, pool) for one in found) else None


def of_network(cluster: Cluster, subnets: list[Json], version: int) -> str | None:
    """Return the id of the address scope that a network's subnets of an IP version are in."""
    scopes = (scope_of(cluster, one) for one in subnets if one["spec"]["ipVersion"] == version)
    return next((one for one in scopes if one), None)


def check_neighbours(cluster: Cluster, others: list[Json], pool: Json | None, version: int) -> None:
    """Refuse a subnet of another pool or address scope than the network's other subnets."""
    same = [one for one in others if one["spec"]["ipVersion"] == version]
    scope = of_network(cluster, same, version)
    if pool is not None and scope:
        if pool["spec"].get("addressScopeId") != scope:
            raise strangers()
        return
    wanted = store.identity(SUBNET_POOL, pool) if pool is not None else None
    if any(one["spec"].get("subnetPoolId") != wanted for one in same):
        raise BadRequest(
            "Subnets hosted on the same network must be allocated from the same subnet pool.",
            kind="NetworkSubnetPoolAffinityError",
        )
