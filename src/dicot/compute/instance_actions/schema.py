"""What the newest microversion accepts in a query for what was done to a server, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

_TIME: Json = {"type": "string", "format": "date-time"}

INDEX: Json = {
    "type": "object",
    "properties": {
        "limit": p.single(p.NON_NEGATIVE_INTEGER),
        "marker": p.single({"type": "string"}),
        "changes-since": p.single(_TIME),
        "changes-before": p.single(_TIME),
    },
    "additionalProperties": False,
}
