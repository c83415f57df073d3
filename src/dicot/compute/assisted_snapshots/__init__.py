"""Snapshots that a driver of file-based volumes asks Nova's help for: there is none, so that each is refused."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.api import policy
from dicot.api.errors import BadRequest
from dicot.api.microversion import Change, History
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.compute import parameters as p

Json = dict[str, Any]

_POLICY = "os_compute_api:os-assisted-volume-snapshots"
_TEXT: Json = {"type": "string", "minLength": 1}


def _refused(volume_id: str) -> BadRequest:
    return BadRequest(
        f"Invalid volume: {volume_id} is not of a driver that needs assistance. Make and delete snapshots through the "
        "Block Storage service."
    )


async def create(request: Request, _: object) -> Response:
    """Refuse to make a snapshot beside the Block Storage service."""
    raise _refused(request.body["snapshot"]["volume_id"])


async def delete(request: Request, _: object) -> Response:
    """Refuse to delete a snapshot beside the Block Storage service."""
    try:
        told = msgspec.json.decode(_info(request), type=Json)
    except msgspec.DecodeError as error:
        raise BadRequest(str(error)) from error
    if "volume_id" not in told:
        raise BadRequest("'volume_id'")  # Nova tells the missing key
    raise _refused(str(told["volume_id"]))


def _info(request: Request) -> str:
    found = request.asked_all("delete_info")
    if not found:
        raise BadRequest("'delete_info'")
    return found[-1]


_CREATE: Json = {
    "type": "object",
    "properties": {
        "snapshot": {
            "type": "object",
            "properties": {
                "volume_id": _TEXT,
                "create_info": {
                    "type": "object",
                    "properties": {
                        "snapshot_id": _TEXT,
                        "type": {"type": "string", "enum": ["qcow2"]},
                        "new_file": _TEXT,
                        "id": _TEXT,
                    },
                    "required": ["snapshot_id", "type", "new_file"],
                    "additionalProperties": False,
                },
            },
            "required": ["volume_id", "create_info"],
            "additionalProperties": False,
        }
    },
    "required": ["snapshot"],
    "additionalProperties": False,
}
HISTORY = History(
    {
        "create": _CREATE,
        "delete": {"type": "object", "properties": {"delete_info": p.TEXTS}, "additionalProperties": False},
    },
    Change("2.75", "Unknown query keys are refused.", delete=p.tolerate),
)

ROUTES = (
    Route(
        method="POST",
        path="/os-assisted-volume-snapshots",
        handler=create,
        policy=f"{_POLICY}:create",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="create",
    ),
    Route(
        method="DELETE",
        path="/os-assisted-volume-snapshots/{snapshot_id}",
        handler=delete,
        policy=f"{_POLICY}:delete",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="delete",
    ),
)
