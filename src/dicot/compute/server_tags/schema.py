"""What the newest microversion accepts of a server's tags, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

UPDATE_ALL: Json = {
    "title": "Server tags",
    "type": "object",
    "properties": {"tags": {"type": "array", "items": p.TAG, "maxItems": p.TAGS_MAX}},
    "required": ["tags"],
    "additionalProperties": False,
}
UPDATE: Json = {"title": "Server tag", "type": "null"}
"""Nova validates the absence of a body as null."""
