"""What the newest microversion accepts of a server's metadata, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]


def _wrapped(key: str, value: Json) -> Json:
    return {"type": "object", "properties": {key: value}, "required": [key], "additionalProperties": False}


WHOLE = _wrapped("metadata", p.METADATA)
ITEM = _wrapped("meta", {**p.METADATA, "minProperties": 1, "maxProperties": 1})
