"""What is accepted of extra specs, and every microversion that changed them, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History
from dicot.compute import parameters as p

Json = dict[str, Any]

VALUES_ARE_CHECKED = Flag("2.86", "Extra specs of known namespaces must be known and have a value that fits.")

_PATTERN, _TEXT = next(iter(p.METADATA["patternProperties"].items()))
SPECS: Json = {**p.METADATA, "patternProperties": {_PATTERN: {**_TEXT, "type": ["string", "number"]}}}


HISTORY = History(
    {
        "show": p.NO_QUERY,
        "create": {
            "type": "object",
            "properties": {"extra_specs": SPECS},
            "required": ["extra_specs"],
            "additionalProperties": False,
        },
        "update": {**SPECS, "minProperties": 1, "maxProperties": 1},
    },
    Change("2.102", "Unknown query keys are refused.", show=p.tolerate),
)
