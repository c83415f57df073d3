"""What is accepted of services, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

_TEXT: Json = {"type": "string", "minLength": 1, "maxLength": 255}

INDEX: Json = {"type": "object", "properties": {"host": p.TEXTS, "binary": p.TEXTS}, "additionalProperties": False}
ACT: Json = {
    "type": "object",
    "properties": {"host": p.DOMAIN_NAME, "binary": _TEXT, "disabled_reason": _TEXT, "forced_down": p.BOOLEAN},
    "required": ["host", "binary"],
    "additionalProperties": False,
}
UPDATE: Json = {
    "type": "object",
    "properties": {
        "status": {"type": "string", "enum": ["enabled", "disabled"]},
        "disabled_reason": _TEXT,
        "forced_down": p.BOOLEAN,
    },
    "additionalProperties": False,
}
