"""What is accepted of usage, and every microversion that changed it, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, without
from dicot.compute import parameters as p

Json = dict[str, Any]

HAS_PAGES = Flag("2.40", "Usage has pages, with links.")

_SHOW: Json = {
    "type": "object",
    "properties": {
        "start": p.TEXTS,
        "end": p.TEXTS,
        "limit": p.several(p.NON_NEGATIVE_INTEGER),
        "marker": p.TEXTS,
    },
    "additionalProperties": False,
}
_INDEX: Json = {**_SHOW, "properties": {**_SHOW["properties"], "detailed": p.TEXTS}}


HISTORY = History(
    {"index": _INDEX, "show": _SHOW},
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate, show=p.tolerate),
    Change("2.40", "Pages.", index=without("limit", "marker"), show=without("limit", "marker")),
)
