"""Conversions and checks of attribute values, each with Neutron's sentence for what it refuses.

A converter takes (value, attribute name) and returns the value to keep, or raises BadRequest. Pure.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Any, NoReturn

from dicot import names
from dicot.api.errors import BadRequest

Json = dict[str, Any]
Convert = Callable[[Any, str], Any]

_MAC = re.compile(r"^([0-9a-f]{2}:){5}[0-9a-f]{2}$")


def wrong(attribute: str, reason: str) -> NoReturn:
    """Refuse a value as Neutron's attribute validation does."""
    raise BadRequest(f"Invalid input for {attribute}. Reason: {reason}.")


def invalid(reason: str, kind: str = "InvalidInput") -> NoReturn:
    """Refuse an operation's input as Neutron's converters and plugins do."""
    raise BadRequest(f"Invalid input for operation: {reason}.", kind=kind)


def boolean(value: Any, _: str) -> bool:
    """Accept every spelling of true and false that Neutron does."""
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and value in (0, 1):
        return bool(value)
    if isinstance(value, str) and value.lower() in ("true", "1"):
        return True
    if isinstance(value, str) and value.lower() in ("false", "0"):
        return False
    return invalid(f"'{value}' cannot be converted to boolean")


def named(most: int) -> Convert:
    """Accept a text that is not blank, of at most `most` characters."""

    def convert(value: Any, name: str) -> str:
        said: str = text(most)(value, name)
        if not said.strip():
            wrong(name, f"'{said}' Blank strings are not permitted")
        return said

    return convert


def text(most: int, *, none: bool = False) -> Convert:
    """Accept a text of at most `most` characters (and null, if `none`)."""

    def convert(value: Any, name: str) -> Any:
        if value is None and none:
            return None
        if not isinstance(value, str):
            wrong(name, f"'{value}' is not a valid string")
        if len(value) > most:
            wrong(name, f"'{value}' exceeds maximum length of {most}")
        return value

    return convert


def one_of(*allowed: Any) -> Convert:
    """Accept one of these values."""

    def convert(value: Any, name: str) -> Any:
        if value not in allowed:
            wrong(name, f"'{value}' is not in {list(allowed)}")
        return value

    return convert


def integer(least: int, most: int) -> Convert:
    """Accept a whole number, also as text."""

    def convert(value: Any, name: str) -> int:
        try:
            number = int(value) if not isinstance(value, bool | float) else None
        except (ValueError, TypeError):
            number = None
        if number is None:
            return invalid(f"'{value}' is not an integer")
        if number < least:
            wrong(name, f"'{number}' is too small - must be at least '{least}'")
        if number > most:
            wrong(name, f"'{number}' is too large - must be no larger than '{most}'")
        return number

    return convert


def non_negative(value: Any, name: str) -> int:
    """Accept a whole number that is not negative, also as text."""
    number = integer(-(2**31), 2**31 - 1)(value, name)
    if number < 0:
        wrong(name, f"'{value}' should be non-negative")
    return number


def ip_version(value: Any, name: str) -> int:
    """Accept 4 or 6, also as text."""
    number: int = integer(-(2**31), 2**31 - 1)(value, name)
    return one_of(4, 6)(number, name)


def is_uuid(value: Any) -> bool:
    """Tell whether this is the text of a UUID, dashes or not."""
    return isinstance(value, str) and names.is_uuid(value)


def uuid(value: Any, name: str) -> str:
    """Accept a UUID."""
    if not is_uuid(value):
        wrong(name, f"'{value}' is not a valid UUID")
    return value


def uuid_or_none(value: Any, name: str) -> str | None:
    """Accept a UUID or null."""
    return None if value is None else uuid(value, name)


def listing(value: Any, name: str) -> list[Any]:
    """Accept a list; null is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        wrong(name, f"'{value}' is not a list")
    return value


def uuids_list(value: Any, name: str) -> list[str]:
    """Accept a list of UUIDs without repetition; null is an empty one."""
    items = listing(value, name)
    for item in items:
        uuid(item, name)
    if len(set(items)) != len(items):
        wrong(name, f"Duplicate items in the list: '{', '.join(_repeated(items))}'")
    return items


def _repeated(items: list[Any]) -> list[str]:
    return sorted({str(item) for item in items if items.count(item) > 1})


def empty_list(feature: str) -> Convert:
    """Accept only an empty list of what is not served, refused by name."""

    def convert(value: Any, name: str) -> list[Any]:
        if listing(value, name):
            wrong(name, f"{feature} is not supported by this cloud")
        return []

    return convert


def mac(value: Any, name: str) -> str:
    """Accept a unicast MAC address and spell it in lower case, with colons."""
    plain = value.lower().replace("-", ":") if isinstance(value, str) else ""
    if not _MAC.match(plain) or plain == "00:00:00:00:00:00" or int(plain[:2], 16) & 1:
        wrong(name, f"'{value}' is not a valid MAC address")
    return plain


def address(value: Any, name: str) -> str:
    """Accept an IP address and spell it in its shortest form."""
    parsed = parsed_address(value)
    if parsed is None:
        wrong(name, f"'{value}' is not a valid IP address")
    return parsed


def address_or_none(value: Any, name: str) -> str | None:
    """Accept an IP address or null."""
    return None if value is None else address(value, name)


def parsed_address(value: Any) -> str | None:
    """Return an IP address in its shortest form, or None if it is none."""
    try:
        return str(ipaddress.ip_address(value)) if isinstance(value, str) else None
    except ValueError:
        return None


def parsed_cidr(value: Any) -> str | None:
    """Return a CIDR with its host bits cleared, a bare address as /32 or /128, or None if it is none."""
    try:
        return str(ipaddress.ip_network(value, strict=False)) if isinstance(value, str) else None
    except ValueError:
        return None


def cidr(value: Any, _: str) -> str:
    """Accept a CIDR; the host bits are cleared."""
    parsed = parsed_cidr(value) if isinstance(value, str) and "/" in value else None
    return parsed if parsed is not None else invalid(f"{value} is not in a CIDR format")


def cidrs(value: Any, name: str) -> list[str]:
    """Accept a list of CIDRs without host bits and repetitions; null is an empty one."""
    items = listing(value, name)
    for item in items:
        parsed = parsed_cidr(item) if isinstance(item, str) and "/" in item else None
        if parsed is None:
            wrong(name, f"'{item}' is not a valid IP subnet")
        if not _bare(item):
            wrong(name, f"'{item}' isn't a recognized IP subnet cidr, '{parsed}' is recommended")
    if len(set(items)) != len(items):
        wrong(name, f"Duplicate items in the list: '{', '.join(_repeated(items))}'")
    return [str(ipaddress.ip_network(item)) for item in items]


def _bare(cidr: str) -> bool:
    """Tell whether a CIDR has no host bits."""
    return ipaddress.ip_interface(cidr).ip == ipaddress.ip_interface(cidr).network.network_address


def addresses(value: Any, name: str) -> list[str]:
    """Accept a list of name servers."""
    items = listing(value, name)
    seen: list[str] = []
    for item in items:
        parsed = parsed_address(item)
        if parsed is None:
            wrong(name, f"'{item}' is not a valid nameserver. '{item}' is not a valid IP address")
        if parsed in seen:
            wrong(name, f"Duplicate nameserver '{item}'")
        seen.append(parsed)
    return seen


def routes(value: Any, name: str) -> list[Json]:
    """Accept host routes: destination and next hop, each pair once."""
    result: list[Json] = []
    for route in listing(value, name):
        if not isinstance(route, dict) or set(route) != {"destination", "nexthop"}:
            wrong(name, f"Invalid data format for hostroute: '{route}'")
        destination, nexthop = parsed_cidr(route["destination"]), parsed_address(route["nexthop"])
        if destination is None:
            wrong(name, f"'{route['destination']}' is not a valid IP subnet")
        if nexthop is None:
            wrong(name, f"'{route['nexthop']}' is not a valid IP address")
        clean = {"destination": destination, "nexthop": nexthop}
        if clean in result:
            wrong(name, f"Duplicate hostroute '{route}'")
        result.append(clean)
    return result


def pools(value: Any, name: str) -> list[Json]:
    """Accept allocation pools: a first and a last address."""
    result: list[Json] = []
    for pool in listing(value, name):
        if not isinstance(pool, dict) or set(pool) != {"start", "end"}:
            wrong(name, f"Invalid data format for IP pool: '{pool}'")
        for key in ("start", "end"):
            if parsed_address(pool[key]) is None:
                wrong(name, f"'{pool[key]}' is not a valid IP address")
        result.append({"start": parsed_address(pool["start"]), "end": parsed_address(pool["end"])})
    return result


def fixed_ips(value: Any, name: str) -> list[Json]:
    """Accept the wishes for a port's addresses: a subnet, an address, or both."""
    result: list[Json] = []
    for wish in listing(value, name):
        if not isinstance(wish, dict) or not wish or set(wish) - {"subnet_id", "ip_address"}:
            wrong(name, f"Invalid data format for fixed IP: '{wish}'")
        clean: Json = {}
        if "ip_address" in wish:
            clean["ip_address"] = address(wish["ip_address"], name)
            if any(clean["ip_address"] == one.get("ip_address") for one in result):
                wrong(name, f"Duplicate IP address '{wish['ip_address']}'")
        if "subnet_id" in wish:
            clean["subnet_id"] = uuid(wish["subnet_id"], name)
        result.append(clean)
    return result


def address_pairs(value: Any, name: str) -> list[Json]:
    """Accept allowed address pairs: an address or CIDR, and perhaps a MAC address."""
    result: list[Json] = []
    for pair in listing(value, name):
        if not isinstance(pair, dict) or set(pair) - {"ip_address", "mac_address"}:
            wrong(name, f"Invalid data format for allowed address pair: '{pair}'")
        if "ip_address" not in pair:
            invalid("AllowedAddressPair must contain ip_address", "AllowedAddressPairsMissingIP")
        given = pair["ip_address"]
        parsed = parsed_address(given) or parsed_cidr(given)
        if parsed is None:
            wrong(name, f"'{given}' is not a valid IP address")
        clean: Json = {"ip_address": parsed}
        if pair.get("mac_address") is not None:
            clean["mac_address"] = mac(pair["mac_address"], name)
        if clean in result:
            said = f"{clean.get('mac_address')} {clean['ip_address']}"
            raise BadRequest(f"Request contains duplicate address pair: {said}.", kind="DuplicateAddressPairInRequest")
        result.append(clean)
    return result


def mapping(value: Any, name: str) -> Json:
    """Accept an object; null is an empty one."""
    if value is None:
        return {}
    if not isinstance(value, dict):
        wrong(name, f"'{value}' is not a dictionary")
    return value
