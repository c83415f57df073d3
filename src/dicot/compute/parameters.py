"""The shapes that requests to several compute resources share, as data. Knows no resource."""

from __future__ import annotations

import functools
import re
import unicodedata
from itertools import groupby
from typing import Any

Json = dict[str, Any]

NAME_LENGTH_MAX = 255
TAGS_MAX = 50
TAG_LENGTH_MAX = 60
MAX_INT = 0x7FFFFFFF
_CODE_POINTS = 0xFFFF
_WORDS = {
    True: ("True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"),
    False: ("False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"),
}


def words(text: str) -> list[str]:
    """List the words of a text: many names are easier to read so."""
    return text.split()


def several(item: Json) -> Json:
    """Describe a query key that may be repeated."""
    return {"type": "array", "items": item}


def single(item: Json) -> Json:
    """Describe a query key that may be given once."""
    return {**several(item), "maxItems": 1}


def truth(value: bool | str) -> bool:
    """Read what BOOLEAN accepts."""
    return value is True or value in _WORDS[True]


def _printable(char: str) -> bool:
    category = unicodedata.category(char)
    return not category.startswith("C") and (not category.startswith("Z") or category == "Zs")


@functools.cache
def _printable_ranges() -> str:
    """Write all printable characters of the basic plane as the ranges of a character class."""
    ranges = []
    for printable, run in groupby(map(chr, range(_CODE_POINTS)), key=_printable):
        chars = list(run)
        if printable:
            ranges.append(re.escape(chars[0]) + (f"-{re.escape(chars[-1])}" if len(chars) > 1 else ""))
    return "".join(ranges)


BOOLEAN: Json = {"type": ["boolean", "string"], "enum": [True, *_WORDS[True], False, *_WORDS[False]]}
UUID: Json = {"type": "string", "format": "uuid"}
UUID_OR_EMPTY: Json = {"oneOf": [UUID, {"type": "string", "maxLength": 0}]}
NAME: Json = {"type": "string", "format": "name", "minLength": 1, "maxLength": NAME_LENGTH_MAX}
NAME_OR_NONE: Json = {
    "oneOf": [{"type": "string", "minLength": 1, "maxLength": NAME_LENGTH_MAX}, {"type": "null"}],
}
DESCRIPTION: Json = {
    "type": ["string", "null"],
    "pattern": f"^[{_printable_ranges()}]*$",
    "minLength": 0,
    "maxLength": 255,
}
POSITIVE_INTEGER: Json = {"type": ["integer", "string"], "pattern": "^[0-9]*$", "minimum": 1, "minLength": 1}
NON_NEGATIVE_INTEGER: Json = {**POSITIVE_INTEGER, "minimum": 0}
VOLUME_SIZE: Json = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": MAX_INT}
HOST_NAME: Json = {
    "type": "string",
    "pattern": "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$",
    "minLength": 2,
    "maxLength": 63,
}
DOMAIN_NAME: Json = {"type": "string", "pattern": "^[a-zA-Z0-9-._]*$", "minLength": 1, "maxLength": 255}
METADATA: Json = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. ]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
IP_ADDRESS: Json = {"type": "string", "oneOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
IPV4: Json = {"type": "string", "format": "ipv4"}
IPV6: Json = {"type": "string", "format": "ipv6"}
DISK_CONFIG: Json = {"type": "string", "enum": ["AUTO", "MANUAL"]}
TAG: Json = {"type": "string", "pattern": "^[^,/]*$", "minLength": 1, "maxLength": TAG_LENGTH_MAX}
TEXTS: Json = several({"type": "string"})
REGEXES: Json = several({"type": "string", "format": "regex"})
TIMES: Json = several({"type": "string", "format": "date-time"})
ANY_QUERY: Json = {"type": "object", "properties": {}, "additionalProperties": True}
NO_QUERY: Json = {"type": "object", "properties": {}, "additionalProperties": False}
"""From 2.102 on, a query that means nothing is refused."""


def tolerate(query: Json) -> None:
    """Edit a schema back to when unknown query parameters were ignored."""
    query["additionalProperties"] = True
