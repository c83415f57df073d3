"""What the newest microversion accepts of server groups, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")

_RULES: Json = {
    "type": "object",
    "properties": {"max_server_per_host": p.POSITIVE_INTEGER},
    "additionalProperties": False,
}


def create(**properties: Json) -> Json:
    """Describe the creation of a group with these properties beside its name; all but the rules are required."""
    group = {
        "type": "object",
        "properties": {"name": p.NAME, **properties},
        "required": ["name", *(name for name in properties if name != "rules")],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"server_group": group},
        "required": ["server_group"],
        "additionalProperties": False,
    }


CREATE = create(policy={"type": "string", "enum": list(POLICIES)}, rules=_RULES)

INDEX: Json = {
    "type": "object",
    "properties": {
        "all_projects": p.TEXTS,
        "limit": p.several(p.NON_NEGATIVE_INTEGER),
        "offset": p.several(p.NON_NEGATIVE_INTEGER),
    },
    "additionalProperties": False,
}
