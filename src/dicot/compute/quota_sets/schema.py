"""What the newest microversion accepts of quota sets, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

LIMIT: Json = {
    "type": ["integer", "string"],
    "pattern": "^-?[0-9]+$",
    "minimum": -1,
    "maximum": p.MAX_INT,
}
_NAMES = p.words("instances cores ram metadata_items key_pairs server_groups server_group_members")

UPDATE: Json = {
    "type": "object",
    "properties": {
        "quota_set": {
            "type": "object",
            "properties": {**dict.fromkeys(_NAMES, LIMIT), "force": p.BOOLEAN},
            "additionalProperties": False,
        },
    },
    "required": ["quota_set"],
    "additionalProperties": False,
}
SHOW: Json = {"type": "object", "properties": {"user_id": p.TEXTS}, "additionalProperties": False}
