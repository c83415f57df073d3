"""What the newest microversion accepts of quota classes, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute.quota_sets import schema

Json = dict[str, Any]

_LIMITS = schema.UPDATE["properties"]["quota_set"]["properties"]
UPDATE: Json = {
    "type": "object",
    "properties": {
        "quota_class_set": {
            "type": "object",
            "properties": {name: limit for name, limit in _LIMITS.items() if name != "force"},
            "additionalProperties": False,
        },
    },
    "required": ["quota_class_set"],
    "additionalProperties": False,
}
