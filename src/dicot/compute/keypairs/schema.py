"""What the newest microversion accepts of keypairs, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]


def name(pattern: str) -> Json:
    """Describe a keypair's name: a name of Nova's, of these characters only."""
    return {
        "allOf": [p.NAME, {"type": "string", "pattern": pattern, "minLength": 1, "maxLength": p.NAME_LENGTH_MAX}],
    }


NAME = name(r"^[_\-\@\. a-zA-Z0-9]+$")
PLAIN_NAME = name(r"^[_\- a-zA-Z0-9]+$")
"""Before 2.92."""

CREATE: Json = {
    "type": "object",
    "properties": {
        "keypair": {
            "type": "object",
            "properties": {
                "name": NAME,
                "type": {"type": "string", "enum": ["ssh", "x509"]},
                "public_key": {"type": "string"},
                "user_id": {"type": "string"},
            },
            "required": ["name", "public_key"],
            "additionalProperties": False,
        },
    },
    "required": ["keypair"],
    "additionalProperties": False,
}

INDEX: Json = {
    "type": "object",
    "properties": {"user_id": p.TEXTS, "limit": p.several(p.NON_NEGATIVE_INTEGER), "marker": p.TEXTS},
    "additionalProperties": False,
}

SHOW: Json = {"type": "object", "properties": {"user_id": p.TEXTS}, "additionalProperties": False}
