"""Every microversion that changed the list of what was done to a server, newest first.

Contracts: `index` and `show` (queries); `listed` and `shown` (answers).
"""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.instance_actions import schema

Json = dict[str, Any]


def _any_index(query: Json) -> None:
    query["properties"].clear()
    query["additionalProperties"] = True


HISTORY = History(
    {"index": schema.INDEX, "show": p.NO_QUERY},
    Change("2.102", "Unknown query parameters are refused.", show=p.tolerate),
    Change("2.66", "What was done before a time.", index=without("changes-before")),
    Change(
        "2.58",
        "Pages, and the time of the last change.",
        index=_any_index,
        listed=drop("updated_at"),
        shown=drop("updated_at"),
    ),
    Change("2.51", "Events for everybody.", shown=drop("events")),
)
