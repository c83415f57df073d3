"""Arithmetic of a subnet: its gateway, its allocation pools, and which addresses may be given out. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from typing import Any

from dicot.api.errors import BadRequest, Conflict

Json = dict[str, Any]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SLAAC_MODES = frozenset({"slaac", "dhcpv6-stateless"})


def default_gateway(cidr: str) -> str:
    """Return the gateway Neutron chooses: the first host address, or the network's own in IPv6."""
    network = ipaddress.ip_network(cidr)
    if network.version == 6:
        return str(network.network_address)
    # A /31 and a /32 have no address to spare.
    return str(network.network_address + (1 if network.prefixlen < 31 else 0))


def default_pools(cidr: str, gateway: str | None) -> list[Json]:
    """Return the addresses that may be given out when nobody says: all but the ends and the gateway."""
    network = ipaddress.ip_network(cidr)
    first, last = int(network.network_address), int(network.broadcast_address)
    if network.version == 4 and network.prefixlen < 31:
        first, last = first + 1, last - 1
    elif network.version == 6 and network.prefixlen < 127:
        first += 1
    make = type(network.network_address)
    taken = int(ipaddress.ip_address(gateway)) if gateway else -1
    spans = [(first, last)]
    if first <= taken <= last:
        spans = [(first, taken - 1), (taken + 1, last)]
    return [{"start": str(make(low)), "end": str(make(high))} for low, high in spans if low <= high]


def pools(subnet: Json) -> list[Json]:
    """Return the allocation pools of a subnet (its spec): those it names, else all that may be given out."""
    return subnet.get("allocationPools") or default_pools(subnet["cidr"], subnet.get("gatewayIp"))


def is_sound(subnet: Json) -> bool:
    """Tell whether the addresses in a subnet (its spec) are addresses, of its version: kubectl takes any text."""
    ends = (pool[end] for pool in subnet.get("allocationPools") or () for end in ("start", "end"))
    try:
        network = ipaddress.ip_network(subnet["cidr"])
        found = [ipaddress.ip_address(text) for text in (subnet.get("gatewayIp"), *ends) if text]
    except ValueError:
        return False
    return network.version == subnet["ipVersion"] and all(one.version == network.version for one in found)


def check_pools(pools: list[Json], cidr: str, gateway: str | None) -> None:
    """Refuse pools that are upside down, outside, overlapping, or hold the gateway, each in Neutron's words."""
    network = ipaddress.ip_network(cidr)
    spans: list[tuple[int, int, str]] = []
    for pool in pools:
        start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        said = f"{start}-{end}"
        if start.version != network.version or end.version != network.version or int(start) > int(end):
            raise BadRequest(f"The allocation pool {said} is not valid.", kind="InvalidAllocationPool")
        if start not in network or end not in network:
            raise BadRequest(
                f"The allocation pool {said} spans beyond the subnet cidr {cidr}.", kind="OutOfBoundsAllocationPool"
            )
        for low, high, other in spans:
            if int(start) <= high and low <= int(end):
                sentence = f"Found overlapping allocation pools: {other} {said} for subnet {cidr}."
                raise Conflict(sentence, kind="OverlappingAllocationPools")
        if gateway and int(start) <= int(ipaddress.ip_address(gateway)) <= int(end):
            raise Conflict(
                f"Gateway ip {gateway} conflicts with allocation pool {said}.",
                kind="GatewayConflictWithAllocationPools",
            )
        spans.append((int(start), int(end), said))


def contains(cidr: str, address: str) -> bool:
    """Tell whether an address lies in a CIDR."""
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


def overlap(one: str, other: str) -> bool:
    """Tell whether two CIDRs share an address."""
    left, right = ipaddress.ip_network(one), ipaddress.ip_network(other)
    return left.version == right.version and (
        int(left.network_address) <= int(right.broadcast_address)
        and int(right.network_address) <= int(left.broadcast_address)
    )


def is_slaac(subnet: Json) -> bool:
    """Tell whether addresses of a subnet (its spec) follow from MAC addresses."""
    return subnet.get("ipv6AddressMode") in SLAAC_MODES


def eui64(cidr: str, mac: str) -> str:
    """Return the address that a host of this MAC address gives itself in an IPv6 prefix."""
    network = ipaddress.ip_network(cidr)
    octets = [int(part, 16) for part in mac.split(":")]
    octets[0] ^= 2
    tail = int.from_bytes(bytes([*octets[:3], 0xFF, 0xFE, *octets[3:]]), "big")
    return str(type(network.network_address)(int(network.network_address) | tail))


def free(pools: Iterable[Json], used: frozenset[str]) -> Iterator[str]:
    """Walk the addresses of the pools that are not in use, lowest first."""
    for pool in pools:
        start, end = ipaddress.ip_address(pool["start"]), ipaddress.ip_address(pool["end"])
        make = type(start)
        for number in range(int(start), int(end) + 1):
            address = str(make(number))
            if address not in used:
                yield address


def size(pools: Iterable[Json]) -> int:
    """Count the addresses of the pools."""
    return sum(int(ipaddress.ip_address(pool["end"])) - int(ipaddress.ip_address(pool["start"])) + 1 for pool in pools)


def excluded(cidr: str, pools: list[Json]) -> list[str]:
    """Return what of a CIDR lies in no pool, as Kube-OVN spells it ("a", "a..b"); without the ends, which OVN keeps."""
    network = ipaddress.ip_network(cidr)
    make = type(network.network_address)
    first, last = int(network.network_address) + 1, int(network.broadcast_address) - (1 if network.version == 4 else 0)
    result: list[str] = []

    def span(low: int, high: int) -> None:
        if low <= high:
            result.append(str(make(low)) if low == high else f"{make(low)}..{make(high)}")

    for pool in sorted(pools, key=lambda one: int(ipaddress.ip_address(one["start"]))):
        span(first, int(ipaddress.ip_address(pool["start"])) - 1)
        first = int(ipaddress.ip_address(pool["end"])) + 1
    span(first, last)
    return result
