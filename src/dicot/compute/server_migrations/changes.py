"""Every microversion that changed a server's migrations, newest first.

Contracts of requests: `index` and `show` (queries), `force_complete`; of answers: `migration`.
"""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop
from dicot.compute import parameters as p

Json = dict[str, Any]

QUEUED_CAN_BE_ABORTED = Flag("2.65", "A migration that has not begun can be aborted, too.")
FORCE_COMPLETE: Json = {
    "type": "object",
    "properties": {"force_complete": {"type": "null"}},
    "required": ["force_complete"],
    "additionalProperties": False,
}

HISTORY = History(
    {"index": p.NO_QUERY, "show": p.NO_QUERY, "force_complete": FORCE_COMPLETE},
    Change("2.102", "Unknown query parameters are refused.", index=p.tolerate, show=p.tolerate),
    Change("2.80", "Whose migration it is.", migration=drop("user_id", "project_id")),
    Change("2.59", "An id of its own.", migration=drop("uuid")),
)
