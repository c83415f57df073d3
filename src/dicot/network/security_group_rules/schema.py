"""What security group rules accept, as data, and the conversions only they have."""

from __future__ import annotations

import ipaddress
from typing import Any

from dicot.api.errors import BadRequest
from dicot.network import values
from dicot.network.attributes import READ_ONLY, STANDARD, Attribute, Attributes, text
from dicot.network.protocols import NUMBERS

ANY = (None, "-1", -1, "any", "0", 0)
ETHERTYPES = ("IPv4", "IPv6")


def protocol(value: Any, _: str) -> str | None:
    """Accept a protocol's name or number; null and "any" are all of them."""
    if value in ANY:
        return None
    said = str(value).lower()
    if (said.isdecimal() and int(said) <= 255) or said in NUMBERS:
        return said
    raise BadRequest(
        f"Security group rule protocol {value} not supported. Only protocol values {[None, *NUMBERS]} and integer "
        "representations [0 to 255] are supported.",
        kind="SecurityGroupRuleInvalidProtocol",
    )


def ethertype(value: Any, _: str) -> str:
    """Accept IPv4 or IPv6 in any case."""
    for known in ETHERTYPES:
        if isinstance(value, str) and value.lower() == known.lower():
            return known
    raise BadRequest(
        f"Security group rule for ethertype '{value}' not supported. Allowed values are {list(ETHERTYPES)}.",
        kind="SecurityGroupRuleInvalidEtherType",
    )


def port(value: Any, _: str) -> int | None:
    """Accept a port number or null."""
    if value is None:
        return None
    text_value = str(value)
    if isinstance(value, bool) or not text_value.isdecimal() or int(text_value) > 65535:
        raise BadRequest(f"Invalid value for port {value}", kind="SecurityGroupInvalidPortValue")
    return int(text_value)


def prefix(value: Any, _: str) -> str | None:
    """Accept a CIDR, or an address as the CIDR of one; empty is null."""
    if not value:
        return None
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except (ValueError, TypeError) as error:
        raise BadRequest(f"Invalid CIDR {value} given as IP prefix.", kind="InvalidCIDR") from error


def other(value: Any, name: str) -> str | None:
    """Accept any text as the id of another group: Neutron validates none, and says that it does not find it."""
    return None if value is None else values.text(255)(value, name)


ATTRIBUTES: Attributes = {
    **STANDARD,
    "security_group_id": Attribute(convert=values.uuid, put=False),
    "direction": Attribute(field="direction", convert=values.one_of("ingress", "egress"), put=False),
    "ethertype": Attribute(field="ethertype", default="IPv4", convert=ethertype, put=False),
    "protocol": Attribute(field="protocol", default=None, convert=protocol, put=False),
    "port_range_min": Attribute(field="portRangeMin", default=None, convert=port, put=False),
    "port_range_max": Attribute(field="portRangeMax", default=None, convert=port, put=False),
    "remote_ip_prefix": Attribute(field="remoteIpPrefix", default=None, convert=prefix, put=False),
    "remote_group_id": Attribute(field="remoteGroupId", default=None, convert=other, put=False),
    "remote_address_group_id": Attribute(default=None, convert=other, put=False),
    "description": text("description"),
    "normalized_cidr": READ_ONLY,
    "belongs_to_default_sg": READ_ONLY,
}
