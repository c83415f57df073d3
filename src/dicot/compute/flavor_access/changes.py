"""What is accepted of flavor access, and every microversion that changed it, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History
from dicot.compute import parameters as p

Json = dict[str, Any]

NOT_FOR_PUBLIC_FLAVORS = Flag("2.7", "Access to a public flavor cannot be given.")


def _access(action: str) -> Json:
    return {
        "type": "object",
        "properties": {
            action: {
                "type": "object",
                "properties": {"tenant": {"type": "string", "minLength": 1, "maxLength": 255}},
                "required": ["tenant"],
                "additionalProperties": False,
            },
        },
        "required": [action],
        "additionalProperties": False,
    }


HISTORY = History(
    {
        "index": p.NO_QUERY,
        "add_tenant_access": _access("addTenantAccess"),
        "remove_tenant_access": _access("removeTenantAccess"),
    },
    Change("2.102", "Unknown query keys are refused.", index=p.tolerate),
)
