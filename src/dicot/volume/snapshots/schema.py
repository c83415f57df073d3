"""What the newest microversion accepts of snapshots, as data."""

from __future__ import annotations

from typing import Any

from dicot.volume.volumes.schema import (
    BOOLEAN,
    META_BODY,
    METADATA_BODY,
    METADATA_OR_NULL,
    OPTIONAL_UUID,
    TEXT,
    fields,
    one,
)

Json = dict[str, Any]

__all__ = ["CREATE", "METADATA_BODY", "META_BODY", "RESET_STATUS", "UPDATE"]

CREATE = one(
    "snapshot",
    fields(
        ("volume_id",),
        name=TEXT,
        display_name=TEXT,
        description=TEXT,
        volume_id=OPTIONAL_UUID,
        force=BOOLEAN,
        metadata=METADATA_OR_NULL,
    ),
)
UPDATE = one(
    "snapshot",
    {
        **fields((), name=TEXT, description=TEXT, display_name=TEXT, display_description=TEXT),
        "anyOf": [{"required": [name]} for name in ("name", "description", "display_name", "display_description")],
    },
)
RESET_STATUS = one("os-reset_status", fields(("status",), status={"type": "string", "minLength": 1, "maxLength": 255}))
FORCE_DELETE = one("os-force_delete", {})
