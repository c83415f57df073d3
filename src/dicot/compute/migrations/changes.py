"""Every microversion that changed migrations, newest first. Contracts: `index` (query) and `migration` (answer)."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop, without
from dicot.compute import parameters as p

Json = dict[str, Any]

PAGED = Flag("2.59", "Migrations are listed by pages, and by the time of their last change.")

_TEXT = p.single({"type": "string"})
_TIME = p.single({"type": "string", "format": "date-time"})
INDEX: Json = {
    "type": "object",
    "properties": {
        **dict.fromkeys(p.words("hidden host instance_uuid source_compute status migration_type"), p.TEXTS),
        "limit": p.single(p.NON_NEGATIVE_INTEGER),
        "marker": _TEXT,
        "changes-since": _TIME,
        "changes-before": _TIME,
        "user_id": _TEXT,
        "project_id": _TEXT,
    },
    "additionalProperties": False,
}


def _not_paged(query: Json) -> None:
    without("limit", "marker", "changes-since")(query)
    query["additionalProperties"] = True


HISTORY = History(
    {"index": INDEX},
    Change(
        "2.80",
        "Whose migration it is.",
        index=without("user_id", "project_id"),
        migration=drop("user_id", "project_id"),
    ),
    Change("2.66", "Migrations changed before a time.", index=without("changes-before")),
    Change("2.59", "Pages; an id of its own.", index=_not_paged, migration=drop("uuid")),
    Change("2.23", "The type, and links to what is under way.", migration=drop("migration_type", "links")),
)
