"""Arithmetic of a subnet pool: its prefixes, the bounds of what it gives out, what is free, how much is used. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any, NamedTuple

from dicot.api.errors import BadRequest, Conflict

Json = dict[str, Any]
Prefix = ipaddress.IPv4Network | ipaddress.IPv6Network

LEAST = {4: 8, 6: 64}
"""The shortest prefix that is given out when nobody says."""
LONGEST = {4: 32, 6: 128}
UNIT = {4: 32, 6: 64}
"""The prefix that a pool's quota counts as one."""


class Bounds(NamedTuple):
    """Which lengths of prefixes a pool gives out."""

    least: int
    most: int
    usual: int


def bounds(pool: Json) -> Bounds:
    """Return the bounds of a pool (its spec): what it says, else Neutron's defaults."""
    version = pool["ipVersion"]
    least = pool.get("minPrefixlen", LEAST[version])
    return Bounds(least, pool.get("maxPrefixlen", LONGEST[version]), pool.get("defaultPrefixlen", least))


def check_bounds(pool: Json) -> None:
    """Refuse bounds that contradict one another, in Neutron's words and order (neutron/ipam/subnet_alloc.py)."""
    least, most, usual = bounds(pool)
    longest = LONGEST[pool["ipVersion"]]
    for wrong, name, value, other, limit in (
        (least > most, "min_prefixlen", least, "max_prefixlen", most),
        (most > longest, "max_prefixlen", most, "ip_version_max", longest),
        (usual < least, "default_prefixlen", usual, "min_prefixlen", least),
        (usual > most, "default_prefixlen", usual, "max_prefixlen", most),
    ):
        if wrong:
            raise BadRequest(
                f"Illegal prefix bounds: {name}={value}, {other}={limit}.", kind="IllegalSubnetPoolPrefixBounds"
            )


def version_of(prefixes: list[str]) -> int:
    """Return the IP version of a new pool's prefixes: all have the same."""
    if not prefixes:
        raise BadRequest("Empty subnet pool prefix list.", kind="EmptySubnetPoolPrefixList")
    versions = {ipaddress.ip_network(one).version for one in prefixes}
    if len(versions) > 1:
        raise BadRequest("Cannot mix IPv4 and IPv6 prefixes in a subnet pool.", kind="PrefixVersionMismatch")
    return versions.pop()


def compact(prefixes: Iterable[str]) -> list[str]:
    """Join prefixes that overlap or are neighbours."""
    return [str(one) for one in _joined(ipaddress.ip_network(one) for one in prefixes)]


def _joined(found: Iterable[Prefix]) -> list[Prefix]:
    four: list[ipaddress.IPv4Network] = []
    six: list[ipaddress.IPv6Network] = []
    for one in found:
        if isinstance(one, ipaddress.IPv4Network):
            four.append(one)
        else:
            six.append(one)
    return [*ipaddress.collapse_addresses(four), *ipaddress.collapse_addresses(six)]


def of(pool: Json) -> list[str]:
    """Return the prefixes of a pool (its spec) that are some, of its version: kubectl takes any text."""
    sound: list[str] = []
    for text in pool.get("prefixes") or ():
        try:
            one = ipaddress.ip_network(text)
        except ValueError:
            continue
        if one.version == pool["ipVersion"]:
            sound.append(str(one))
    return sound


def without(prefixes: Iterable[str], taken: Iterable[str]) -> list[str]:
    """Return what is left of prefixes, joined, lowest first."""
    left = _joined(ipaddress.ip_network(one) for one in prefixes)
    for cidr in taken:
        gone = ipaddress.ip_network(cidr)
        left = [part for one in left for part in _cut(one, gone)]
    return [str(one) for one in _joined(left)]


def _cut(one: Prefix, gone: Prefix) -> list[Prefix]:
    if isinstance(one, ipaddress.IPv4Network) and isinstance(gone, ipaddress.IPv4Network):
        if one.subnet_of(gone):
            return []
        return list(one.address_exclude(gone)) if gone.subnet_of(one) else [one]
    if isinstance(one, ipaddress.IPv6Network) and isinstance(gone, ipaddress.IPv6Network):
        if one.subnet_of(gone):
            return []
        return list(one.address_exclude(gone)) if gone.subnet_of(one) else [one]
    return [one]


def overlap(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether two lists of prefixes share an address."""
    right = [ipaddress.ip_network(one) for one in others]
    return any(ipaddress.ip_network(one).overlaps(other) for one in some for other in right)


def within(some: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether every address of some prefixes is one of others."""
    return not without(some, others)


def check_length(pool: Json, length: int) -> None:
    """Refuse a length that a pool (its spec) does not give out."""
    least, most, _ = bounds(pool)
    said = f"Unable to allocate subnet with prefix length {length}, "
    if length > most:
        raise BadRequest(f"{said}maximum allowed prefix is {most}.", kind="MaxPrefixSubnetAllocationError")
    if length < least:
        raise BadRequest(f"{said}minimum allowed prefix is {least}.", kind="MinPrefixSubnetAllocationError")


def any_of(free: list[str], length: int) -> str:
    """Choose a prefix of a length: from the smallest free one that has it, as Neutron does. 409 if none has."""
    for one in sorted((ipaddress.ip_network(one) for one in free), key=lambda one: -one.prefixlen):
        if one.prefixlen <= length:
            return f"{one.network_address}/{length}"
    raise _full(f"Insufficient prefix space to allocate subnet size /{length}")


def this_of(free: list[str], cidr: str) -> str:
    """Choose exactly this prefix; 409 if it is not free."""
    if not within([cidr], free):
        raise _full("Cannot allocate requested subnet from the available set of prefixes")
    return cidr


def _full(reason: str) -> Conflict:
    """Return the error of a pool that cannot give; Neutron raises it too, and then answers 500."""
    return Conflict(f"Failed to allocate subnet: {reason}.", kind="SubnetAllocationError")


def check_quota(pool: Json, used: Iterable[str], wanted: str) -> None:
    """Refuse more than a pool (its spec) lets one project have."""
    quota = pool.get("defaultQuota")
    if not quota:
        return
    unit = UNIT[pool["ipVersion"]]
    # A prefix longer than the unit counts as a part of it.
    total = sum(2.0 ** (unit - ipaddress.ip_network(one).prefixlen) for one in (*used, wanted))
    if total > quota:
        raise Conflict("Per-project subnet pool prefix quota exceeded.", kind="SubnetPoolQuotaExceeded")
