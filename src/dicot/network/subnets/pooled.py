"""Subnets whose CIDR comes from a subnet pool: which pool, which prefix."""

from __future__ import annotations

import ipaddress
from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.network import store
from dicot.network.resources import SUBNET_POOL
from dicot.network.subnetpools import giving, prefixes, scoped
from dicot.network.subnetpools.handlers import is_default

Json = dict[str, Any]


async def pool_for(cluster: Cluster, caller: Caller, wish: Json, network: Json, others: list[Json]) -> Json | None:
    """Return the pool that a new subnet is to come from, if any; refuse one that does not fit, in Neutron's words."""
    if wish.get("cidr") is not None and "prefixlen" in wish:
        raise _bad("cidr and prefixlen must not be supplied together")
    pool = await _pool(cluster, caller, wish)
    if pool is None:
        if wish.get("cidr") is None:
            raise _bad("a subnetpool must be specified in the absence of a cidr")
    else:
        _check(wish, pool)
        if not store.may_use(pool, network):
            raise SUBNET_POOL.missing(store.identity(SUBNET_POOL, pool))
    scoped.check_neighbours(cluster, others, pool, wish["ip_version"])
    return pool


async def _pool(cluster: Cluster, caller: Caller, wish: Json) -> Json | None:
    wanted, default = wish["subnetpool_id"], wish["use_default_subnetpool"]
    if wanted and default:
        raise _bad("subnetpool_id and use_default_subnetpool cannot both be specified")
    if wanted:
        return await store.find(cluster, caller, SUBNET_POOL, wanted)
    if not default:
        return None
    cidr = wish.get("cidr")
    version = ipaddress.ip_network(cidr).version if cidr else wish["ip_version"]
    found = [one for one in store.visible(cluster, caller, SUBNET_POOL) if is_default(one, version)]
    if not found:
        raise _bad(f"No default subnetpool found for IPv{version}")
    return found[0]


def _check(wish: Json, pool: Json) -> None:
    if wish.get("cidr") is None and wish.get("allocation_pools"):
        raise _bad("allocation_pools allowed only for specific subnet requests.")
    version = pool["spec"]["ipVersion"]
    if wish["ip_version"] != version:
        raise _bad(f"Cannot allocate IPv{wish['ip_version']} subnet from IPv{version} subnet pool")


def _bad(reason: str) -> BadRequest:
    return BadRequest(f"Bad subnets request: {reason}.", kind="BadRequest")


async def take(cluster: Cluster, pool: Json, wish: Json, subnet_id: str, namespace: str) -> None:
    """Promise a prefix of the pool to a new subnet, and let the wish say which."""
    cidr = wish.get("cidr")
    usual = prefixes.bounds(pool["spec"]).usual
    length = ipaddress.ip_network(cidr).prefixlen if cidr else wish.get("prefixlen", usual)
    wish["cidr"] = await giving.take(cluster, pool, subnet_id, namespace, cidr, length)
    wish["subnetpool_id"] = store.identity(SUBNET_POOL, pool)
    if cidr is None and "gateway_ip" not in wish:
        # Of what a pool chooses, Neutron takes the first address after the network's own, in IPv6 as well.
        network = ipaddress.ip_network(wish["cidr"])
        wish["gateway_ip"] = str(network.network_address + (1 if network.num_addresses > 1 else 0))


async def give_back(cluster: Cluster, subnet_id: str, pool_id: str | None) -> None:
    """Let a pool give out again what a subnet had."""
    if pool_id:
        await giving.give_back(cluster, pool_id, subnet_id)
