"""What Neutron demands of a subnet before it makes or changes one. Pure; errors in Neutron's words."""

from __future__ import annotations

import ipaddress
from typing import Any

from dicot.api.errors import BadRequest
from dicot.network import ranges, values
from dicot.network.resources import SUBNET

Json = dict[str, Any]

NAMESERVERS_MAX = 5
ROUTES_MAX = 20


def check_version(wish: Json) -> None:
    """Refuse an IP version that there is not."""
    if wish["ip_version"] not in (4, 6):
        values.wrong("ip_version", f"'{wish['ip_version']}' is not in [4, 6]")


def complete(wish: Json, others: list[tuple[str, str]]) -> Json:
    """Check a new subnet and fill in what follows from the rest. `others`: (id, CIDR) of the network's subnets."""
    _check_modes(wish)
    _check_version(wish["cidr"], wish["ip_version"], "cidr")
    for _, cidr in others:
        if ranges.overlap(cidr, wish["cidr"]):
            values.invalid(
                f"Requested subnet with cidr: {wish['cidr']} for network: {wish['network_id']} overlaps with another "
                "subnet"
            )
    if "gateway_ip" not in wish:
        wish["gateway_ip"] = ranges.default_gateway(wish["cidr"])
    if not wish.get("allocation_pools"):
        wish["allocation_pools"] = ranges.default_pools(wish["cidr"], wish["gateway_ip"])
    check(wish, "")
    return wish


def check(subnet: Json, subnet_id: str) -> None:
    """Check a whole subnet: gateway, pools, name servers, routes."""
    gateway, cidr = subnet["gateway_ip"], subnet["cidr"]
    if gateway is not None:
        _check_version(gateway, subnet["ip_version"], "gateway_ip")
        _check_gateway(gateway, cidr)
    ranges.check_pools(subnet["allocation_pools"], cidr, gateway)
    for server in subnet["dns_nameservers"]:
        _check_version(server, subnet["ip_version"], "dns_nameserver")
    if len(subnet["dns_nameservers"]) > NAMESERVERS_MAX:
        raise BadRequest(
            f"Unable to complete operation for {subnet_id or 'new subnet'}. The number of DNS nameservers exceeds the "
            f"limit {NAMESERVERS_MAX}.",
            kind="DNSNameServersExhausted",
        )
    for route in subnet["host_routes"]:
        _check_version(route["destination"], subnet["ip_version"], "host_routes.destination")
        _check_version(route["nexthop"], subnet["ip_version"], "host_routes.nexthop")
    if len(subnet["host_routes"]) > ROUTES_MAX:
        raise BadRequest(
            f"Unable to complete operation for {subnet_id or 'new subnet'}. The number of host routes exceeds the "
            f"limit {ROUTES_MAX}.",
            kind="HostRoutesExhausted",
        )


def _check_modes(wish: Json) -> None:
    ra, mode = wish["ipv6_ra_mode"], wish["ipv6_address_mode"]
    if wish["ip_version"] == 4:
        for name, value in (("ipv6_address_mode", mode), ("ipv6_ra_mode", ra)):
            if value is not None:
                values.invalid(f"{name} is not valid when ip_version is 4")
        return
    if not wish["enable_dhcp"] and (ra or mode):
        values.invalid("ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False")
    if ra and mode and ra != mode:
        values.invalid(
            f"ipv6_ra_mode set to '{ra}' with ipv6_address_mode set to '{mode}' is not valid. If both attributes are "
            "set, they must be the same value"
        )
    prefix = ipaddress.ip_network(wish["cidr"]).prefixlen
    if {ra, mode} & ranges.SLAAC_MODES and prefix != 64:
        values.invalid(
            f"Invalid CIDR {wish['cidr']} for IPv6 address mode. OpenStack uses the EUI-64 address format, which "
            "requires the prefix to be /64"
        )


def _check_version(text: str, version: int, name: str) -> None:
    if ipaddress.ip_network(text, strict=False).version != version:
        values.invalid(f"{name} '{text}' does not match the ip_version '{version}'")


def _check_gateway(gateway: str, cidr: str) -> None:
    """Refuse the ends of an IPv4 range; a gateway outside the range is allowed, as in Neutron."""
    network = ipaddress.ip_network(cidr)
    address = ipaddress.ip_address(gateway)
    ends = (network.network_address, network.broadcast_address)
    if network.version == 4 and network.prefixlen < 31 and address in ends:
        values.invalid("Gateway is not valid on subnet")


def in_use(subnet_id: str) -> str:
    """Say, as Neutron does, that addresses of a subnet are in use."""
    return (
        f"Unable to complete operation on {SUBNET.noun} {subnet_id}: One or more ports have an IP allocation from this "
        "subnet."
    )
