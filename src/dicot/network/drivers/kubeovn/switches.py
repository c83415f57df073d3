"""Which logical switches a network is: a Kube-OVN Subnet holds one IPv4 and one IPv6 CIDR at most, for good. Pure.

What a network is in Kube-OVN now decides, not a note of Dicot's: a subnet stays on the switch it is on. A new one joins
the oldest switch that lacks its IP version and carries nobody yet, which is then made anew, or gets one of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from dicot.network import ranges

Json = dict[str, Any]

NAME_MAX = 63


class Switch(msgspec.Struct, frozen=True):
    """One logical switch of a network: its CIDRs, IPv4 first, and the Neutron subnets that they are."""

    name: str
    cidrs: tuple[str, ...]
    subnets: tuple[Json, ...]

    @property
    def cidr_block(self) -> str:
        """Return the CIDRs as Kube-OVN spells them."""
        return ",".join(self.cidrs)

    def subnet(self, version: int) -> Json | None:
        """Return the subnet of an IP version, if it has one."""
        return next((one for one in self.subnets if one["spec"]["ipVersion"] == version), None)


def cluster_name(namespace: str, *parts: str) -> str:
    """Name a cluster-scoped object after a namespaced one; cut, with a checksum, where it would be too long."""
    name = "-".join((namespace, *parts))
    return name if len(name) <= NAME_MAX else f"{name[: NAME_MAX - 9].rstrip('-.')}-{zlib.crc32(name.encode()):08x}"


def grouped(
    network: Json, subnets: Iterable[Json], have: Iterable[Json], carries: Callable[[Json], bool]
) -> list[Switch]:
    """Return the switches of a network, oldest first; `subnets` and `have`, its Kube-OVN Subnets, are in that order.

    `carries` tells whether a subnet has addresses that something in Kube-OVN has.
    """
    left = list(subnets)
    found: list[tuple[Json | None, list[Json]]] = []
    for one in have:
        members = [subnet for subnet in left if subnet["spec"]["cidr"] in cidrs_of(one)]
        if members:
            found.append((one, members))
            left = [subnet for subnet in left if subnet not in members]
    for subnet in left:
        joined = _open_to(found, subnet, carries)
        if joined is None:
            found.append((None, [subnet]))
        else:
            joined.append(subnet)
    return [_switch(network, one, members, carries) for one, members in found]


def cidrs_of(have: Json) -> list[str]:
    """Return the CIDRs of a Kube-OVN Subnet."""
    return [one.strip() for one in have["spec"].get("cidrBlock", "").split(",") if one.strip()]


def lacks(members: Iterable[Json], version: int) -> bool:
    """Tell whether none of these subnets is of an IP version."""
    return all(one["spec"]["ipVersion"] != version for one in members)


def _open_to(
    found: list[tuple[Json | None, list[Json]]], subnet: Json, carries: Callable[[Json], bool]
) -> list[Json] | None:
    for _, members in found:
        if lacks(members, subnet["spec"]["ipVersion"]) and not any(carries(one) for one in members):
            return members
    return None


def _switch(network: Json, have: Json | None, members: list[Json], carries: Callable[[Json], bool]) -> Switch:
    members = sorted(members, key=lambda one: one["spec"]["ipVersion"])
    cidrs = [one["spec"]["cidr"] for one in members]
    if have is not None:
        held = cidrs_of(have)
        # With kubectl a subnet can go while its neighbour is in use: the switch stays as it is.
        if set(cidrs) == set(held) or (set(cidrs) < set(held) and any(carries(one) for one in members)):
            return Switch(have["metadata"]["name"], tuple(held), tuple(members))
    meta = network["metadata"]
    # The CIDRs are part of the name since those of a Subnet cannot change.
    checksum = zlib.crc32(",".join(cidrs).encode())
    return Switch(cluster_name(meta["namespace"], meta["name"], f"{checksum:08x}"), tuple(cidrs), tuple(members))


def at(found: Iterable[Switch], address: str) -> Switch | None:
    """Return the switch that an address lies on."""
    return next((one for one in found if any(ranges.contains(cidr, address) for cidr in one.cidrs)), None)


def beside(found: Iterable[Switch], cidr: str) -> list[Json]:
    """Return the subnets that share a switch with the subnet of a CIDR."""
    shared = (one.subnets for one in found if any(part["spec"]["cidr"] == cidr for part in one.subnets))
    return [one for subnets in shared for one in subnets if one["spec"]["cidr"] != cidr]
