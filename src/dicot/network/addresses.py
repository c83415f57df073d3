"""Giving out IP addresses without a database: one IPAddress object per address, and the API server as the referee.

An IPAddress lives in the namespace of its subnet's network and is written by Dicot itself, since the user of a shared
network has no rights there. One whose owner is gone is swept up by `dicot.reconcile.network`.
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import random
from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import KUBEOVN_EIPS
from dicot.network import ranges, store
from dicot.network.drivers.choice import of as driver_of
from dicot.network.kinds import IP_ADDRESSES
from dicot.network.resources import SUBNET

Json = dict[str, Any]

WINDOW = 64
"""Among how many free addresses one is picked at random, so that replicas seldom want the same."""
TRIES = 256
"""How many taken addresses an allocation meets before it gives up."""
EXHAUSTED = "IpAddressGenerationFailure"


def object_name(subnet: Json, address: str) -> str:
    """Name the IPAddress of an address: the subnet's name and the address; IPv6 at full length, without colons."""
    return f"{subnet['metadata']['name']}.{ipaddress.ip_address(address).exploded.replace(':', '-')}"


def used(cluster: Cluster, subnet: Json) -> frozenset[str]:
    """Return the addresses of a subnet that are given out."""
    subnet_id = store.identity(SUBNET, subnet)
    taken = {one["spec"]["address"] for one in cluster.cache(IP_ADDRESSES).find("subnet", subnet_id)}
    if subnet["spec"].get("gatewayIp"):
        taken.add(subnet["spec"]["gatewayIp"])
    return frozenset(taken | _taken_outside(cluster, subnet))


def _taken_outside(cluster: Cluster, subnet: Json) -> set[str]:
    """Return addresses that others took in Kube-OVN without asking Dicot."""
    if KUBEOVN_EIPS not in cluster.caches or not cluster.caches[KUBEOVN_EIPS].available:
        return set()
    eips = cluster.cache(KUBEOVN_EIPS).all()
    found = {eip["spec"].get("v4Ip") or eip.get("status", {}).get("v4Ip") for eip in eips}
    return {one for one in found if one and ranges.contains(subnet["spec"]["cidr"], one)}


async def take(cluster: Cluster, subnet: Json, address: str, owner: str) -> Json:
    """Take exactly this address for `owner` (an id); 409 IpAddressAlreadyAllocated if somebody has it."""
    try:
        return await _create(cluster, subnet, address, owner)
    except kube.AlreadyExists as error:
        subnet_id = store.identity(SUBNET, subnet)
        raise Conflict(
            f"IP address {address} already allocated in subnet {subnet_id}", kind="IpAddressAlreadyAllocated"
        ) from error


async def take_any(cluster: Cluster, subnet: Json, owner: str) -> Json | None:
    """Take some address of a subnet's pools; None if all are given out."""
    taken = used(cluster, subnet)
    for _ in range(TRIES):
        free = list(itertools.islice(ranges.free(ranges.pools(subnet["spec"]), taken), WINDOW))
        if not free:
            return None
        address = random.choice(free)  # noqa: S311 - spreads load, guards nothing
        try:
            return await _create(cluster, subnet, address, owner)
        except kube.AlreadyExists:
            taken |= {address}
    return None


async def _create(cluster: Cluster, subnet: Json, address: str, owner: str) -> Json:
    subnet_id = store.identity(SUBNET, subnet)
    body: Json = {
        "apiVersion": IP_ADDRESSES.api_version,
        "kind": IP_ADDRESSES.kind,
        "metadata": {
            "name": object_name(subnet, address),
            "labels": {**names.MANAGED_BY, names.id_label(SUBNET.noun): subnet_id, OWNER: owner},
        },
        "spec": {"address": address, "subnetId": subnet_id, "ownerId": owner},
    }
    made = await cluster.client.create(IP_ADDRESSES, body, store.namespace_of(subnet))
    cluster.cache(IP_ADDRESSES).learn(made)
    return made


OWNER = "network.dicot.io/address-of"
"""Label: the id of the port, router or floating IP that has an address."""


async def give_back(cluster: Cluster, taken: Iterable[Json]) -> None:
    """Give addresses back."""
    cache = cluster.cache(IP_ADDRESSES)
    for one in taken:
        meta = one["metadata"]
        # Gone, or gone and taken by another: either way no longer this owner's.
        with contextlib.suppress(kube.NotFound, kube.Conflict):
            await cluster.client.delete(IP_ADDRESSES, meta["name"], meta["namespace"], uid=meta["uid"])
        cache.forget(meta["uid"])


async def give_back_all(cluster: Cluster, owner: str, *, but: frozenset[str] = frozenset()) -> None:
    """Give back every address of an owner except those named."""
    held = cluster.cache(IP_ADDRESSES).find("owner", owner)
    await give_back(cluster, [one for one in held if one["spec"]["address"] not in but])


def of_address(subnets: Iterable[Json], address: str) -> Json | None:
    """Return the subnet that an address lies in."""
    return next((one for one in subnets if ranges.contains(one["spec"]["cidr"], address)), None)


async def fixed(
    cluster: Cluster, network_id: str, wishes: list[Json] | None, mac: str, owner: str, *, exact: bool = False
) -> tuple[list[Json], list[Json]]:
    """Give a port its addresses on a network: (fixed_ips, what was taken). Takes nothing if it cannot give all.

    Without wishes: one address of each IP version. Unless `exact`, also one from every SLAAC prefix, as Neutron does;
    from subnets whose addresses one interface can have together.
    """
    network = store.network_of(cluster, network_id)
    groups = [] if network is None else driver_of(cluster).together(cluster, network)
    subnets = store.subnets_of(cluster, network_id)
    taken: list[Json] = []
    try:
        if wishes is None:
            chosen = await _default(cluster, network_id, groups, mac, owner, taken)
        else:
            chosen = [await _wished(cluster, network_id, subnets, wish, mac, owner, taken) for wish in wishes]
            if wishes and not exact:
                chosen += await _slaac(cluster, _beside(groups, chosen), chosen, mac, owner, taken)
    except BaseException:
        await give_back(cluster, taken)
        raise
    return chosen, taken


def _beside(groups: list[list[Json]], chosen: list[Json]) -> list[Json]:
    """Return the subnets that one interface can have addresses of together with those that were chosen."""
    ids = {one["subnet_id"] for one in chosen}
    return [one for group in groups if any(store.identity(SUBNET, part) in ids for part in group) for one in group]


def _fixed(subnet: Json, one: Json) -> Json:
    return {"subnet_id": store.identity(SUBNET, subnet), "ip_address": one["spec"]["address"]}


async def _default(
    cluster: Cluster, network_id: str, groups: list[list[Json]], mac: str, owner: str, taken: list[Json]
) -> list[Json]:
    """Take what the first group of subnets can give that is not full."""
    if not groups:
        return []
    for group in groups:
        held: list[Json] = []
        try:
            chosen = await _of_group(cluster, network_id, group, mac, owner, held)
        except BaseException as error:
            await give_back(cluster, held)
            if isinstance(error, Conflict) and error.kind == EXHAUSTED:
                continue
            raise
        taken += held
        return chosen
    raise exhausted(network_id)


async def _of_group(
    cluster: Cluster, network_id: str, subnets: list[Json], mac: str, owner: str, taken: list[Json]
) -> list[Json]:
    chosen: list[Json] = []
    for version in (4, 6):
        candidates = [
            one for one in subnets if one["spec"]["ipVersion"] == version and not ranges.is_slaac(one["spec"])
        ]
        for subnet in candidates:
            one = await take_any(cluster, subnet, owner)
            if one is not None:
                taken.append(one)
                chosen.append(_fixed(subnet, one))
                break
        else:
            if candidates:
                raise exhausted(network_id)
    return chosen + await _slaac(cluster, subnets, chosen, mac, owner, taken)


async def _slaac(
    cluster: Cluster, subnets: list[Json], chosen: list[Json], mac: str, owner: str, taken: list[Json]
) -> list[Json]:
    """Take the address that follows from the MAC in each SLAAC prefix that has given none yet."""
    have = {one["subnet_id"] for one in chosen}
    more: list[Json] = []
    for subnet in subnets:
        if ranges.is_slaac(subnet["spec"]) and store.identity(SUBNET, subnet) not in have:
            one = await take(cluster, subnet, ranges.eui64(subnet["spec"]["cidr"], mac), owner)
            taken.append(one)
            more.append(_fixed(subnet, one))
    return more


async def _wished(
    cluster: Cluster, network_id: str, subnets: list[Json], wish: Json, mac: str, owner: str, taken: list[Json]
) -> Json:
    subnet = _subnet_of_wish(network_id, subnets, wish)
    address = wish.get("ip_address")
    if address is None and ranges.is_slaac(subnet["spec"]):
        address = ranges.eui64(subnet["spec"]["cidr"], mac)
    if address is None:
        one = await take_any(cluster, subnet, owner)
        if one is None:
            raise exhausted(network_id)
    else:
        if address == subnet["spec"].get("gatewayIp") and not wish.get("gateway"):
            raise Conflict(
                f"IP address {address} already allocated in subnet {store.identity(SUBNET, subnet)}",
                kind="IpAddressAlreadyAllocated",
            )
        one = await take(cluster, subnet, address, owner)
    taken.append(one)
    return _fixed(subnet, one)


def _subnet_of_wish(network_id: str, subnets: list[Json], wish: Json) -> Json:
    address, subnet_id = wish.get("ip_address"), wish.get("subnet_id")
    if subnet_id is None:
        found = of_address(subnets, str(address))
        if found is None:
            raise invalid_for_network(str(address))
        return found
    found = next((one for one in subnets if store.identity(SUBNET, one) == subnet_id), None)
    if found is None:
        raise BadRequest(
            f"Invalid input for operation: Failed to create port on network {network_id}, because fixed_ips included "
            f"invalid subnet {subnet_id}.",
            kind="InvalidInput",
        )
    if address is not None and not ranges.contains(found["spec"]["cidr"], str(address)):
        sentence = f"IP address {address} is not a valid IP for the specified subnet."
        raise BadRequest(sentence, kind="InvalidIpForSubnet")
    return found


def invalid_for_network(address: str) -> BadRequest:
    """Return Neutron's error for an address outside every subnet of a network."""
    return BadRequest(
        f"IP address {address} is not a valid IP for any of the subnets on the specified network.",
        kind="InvalidIpForNetwork",
    )


def exhausted(network_id: str) -> Conflict:
    """Return Neutron's error for a network without free addresses."""
    return Conflict(f"No more IP addresses available on network {network_id}.", kind=EXHAUSTED)
