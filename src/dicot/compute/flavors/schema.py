"""What the newest microversion accepts of flavors, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

RXTX = "rxtx_factor"
DESCRIPTION: Json = {**p.DESCRIPTION, "maxLength": 65535}
ID: Json = {
    "type": ["string", "number", "null"],
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^(?! )[a-zA-Z0-9. _-]+(?<! )$",
}
RXTX_FACTOR: Json = {
    "type": ["number", "string"],
    "pattern": r"^[0-9]+(\.[0-9]+)?$",
    "exclusiveMinimum": 0,
    "maximum": 3.40282e38,
}
"""Before 2.102; the limit is that of a single precision number in Nova's database."""

_SIZE: Json = {**p.VOLUME_SIZE, "minimum": 0}

CREATE: Json = {
    "type": "object",
    "properties": {
        "flavor": {
            "type": "object",
            "properties": {
                "name": p.NAME,
                "id": ID,
                "ram": p.VOLUME_SIZE,
                "vcpus": p.VOLUME_SIZE,
                "disk": _SIZE,
                "OS-FLV-EXT-DATA:ephemeral": _SIZE,
                "swap": _SIZE,
                "os-flavor-access:is_public": p.BOOLEAN,
                "description": DESCRIPTION,
            },
            "required": ["name", "ram", "vcpus", "disk"],
            "additionalProperties": False,
        },
    },
    "required": ["flavor"],
    "additionalProperties": False,
}

UPDATE: Json = {
    "type": "object",
    "properties": {
        "flavor": {
            "type": "object",
            "properties": {"description": DESCRIPTION},
            "required": ["description"],
            "additionalProperties": False,
        },
    },
    "required": ["flavor"],
    "additionalProperties": False,
}

SORT_KEYS = p.words(
    "created_at description disabled ephemeral_gb flavorid id is_public memory_mb name root_gb swap updated_at "
    "vcpu_weight vcpus"
)


def sort_key(*keys: str) -> Json:
    """Describe the query key that names what to sort by."""
    return p.several({"type": "string", "enum": list(keys)})


INDEX: Json = {
    "type": "object",
    "properties": {
        "limit": p.several(p.NON_NEGATIVE_INTEGER),
        "marker": p.TEXTS,
        "is_public": p.TEXTS,
        "minRam": p.TEXTS,
        "minDisk": p.TEXTS,
        "sort_key": sort_key(*SORT_KEYS),
        "sort_dir": p.several({"type": "string", "enum": ["asc", "desc"]}),
        "name": p.TEXTS,
    },
    "additionalProperties": False,
}
