"""What the newest microversion accepts of aggregates, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

_ZONE: Json = {
    "oneOf": [{"type": "string", "format": "az_name", "minLength": 1, "maxLength": 255}, {"type": "null"}],
}
_SPACED_NAME: Json = {
    "type": "string",
    "format": "name_with_leading_trailing_spaces",
    "minLength": 1,
    "maxLength": p.NAME_LENGTH_MAX,
}
_METADATA: Json = {
    **p.METADATA,
    "patternProperties": {
        pattern: {**value, "type": ["string", "null"]} for pattern, value in p.METADATA["patternProperties"].items()
    },
}


def _only(key: str, value: Json) -> Json:
    """Describe an object with one key, which must be there."""
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


CREATE = _only(
    "aggregate",
    {
        "type": "object",
        "properties": {"name": p.NAME, "availability_zone": _ZONE},
        "required": ["name"],
        "additionalProperties": False,
    },
)
UPDATE = _only(
    "aggregate",
    {
        "type": "object",
        "properties": {"name": _SPACED_NAME, "availability_zone": _ZONE},
        "additionalProperties": False,
        "anyOf": [{"required": ["name"]}, {"required": ["availability_zone"]}],
    },
)
ADD_HOST = _only("add_host", _only("host", p.DOMAIN_NAME))
REMOVE_HOST = _only("remove_host", _only("host", p.DOMAIN_NAME))
SET_METADATA = _only("set_metadata", _only("metadata", _METADATA))
IMAGES = _only("cache", {"type": ["array"], "minItems": 1, "items": _only("id", p.UUID)})
