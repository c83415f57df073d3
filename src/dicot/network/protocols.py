"""The protocols that rules of security groups name, and their numbers. Pure."""

from __future__ import annotations

NUMBERS = {
    "ah": 51, "dccp": 33, "egp": 8, "esp": 50, "gre": 47, "hopopt": 0, "icmp": 1, "icmpv6": 58, "igmp": 2, "ip": 0,
    "ipip": 4, "ipv6-encap": 41, "ipv6-frag": 44, "ipv6-icmp": 58, "ipv6-nonxt": 59, "ipv6-opts": 60,
    "ipv6-route": 43, "ospf": 89, "pgm": 113, "rsvp": 46, "sctp": 132, "tcp": 6, "udp": 17, "udplite": 136, "vrrp": 112,
}  # fmt: skip
"""IANA's numbers of the protocols that Neutron knows by name."""
UNKNOWN = -1
ICMP = frozenset({1, 58})


def number(protocol: str) -> int:
    """Return IANA's number of a protocol; kubectl may have written one that has none."""
    return int(protocol) if protocol.isdecimal() else NUMBERS.get(protocol, UNKNOWN)
