"""What the newest microversion accepts of flavors, as data."""

_TEXTS = {"type": "array", "items": {"type": "string"}}

INDEX = {
    "type": "object",
    "properties": {
        "limit": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]*$"}},
        "marker": _TEXTS,
        "is_public": _TEXTS,
        "minRam": _TEXTS,
        "minDisk": _TEXTS,
        "sort_key": _TEXTS,
        "sort_dir": _TEXTS,
    },
    "additionalProperties": True,
}
