"""What the newest microversion accepts of a server's volumes, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

_DEVICE: Json = {"type": ["string", "null"], "pattern": "(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$"}


def attachment(properties: Json) -> Json:
    """Wrap the properties of an attachment."""
    inner: Json = {
        "type": "object",
        "properties": properties,
        "required": ["volumeId"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"volumeAttachment": inner},
        "required": ["volumeAttachment"],
        "additionalProperties": False,
    }


CREATE = attachment(
    {"volumeId": p.UUID, "device": _DEVICE, "tag": p.TAG, "delete_on_termination": p.BOOLEAN},
)
UPDATE = attachment(
    {
        "volumeId": p.UUID,
        "device": _DEVICE,
        "tag": p.TAG,
        "delete_on_termination": p.BOOLEAN,
        "serverId": p.UUID,
        "id": p.UUID,
    },
)
INDEX: Json = {
    "type": "object",
    "properties": {"limit": p.several(p.NON_NEGATIVE_INTEGER), "offset": p.several(p.NON_NEGATIVE_INTEGER)},
    "additionalProperties": False,
}
