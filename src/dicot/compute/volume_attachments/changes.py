"""Every microversion that changed a server's volumes, newest first.

Contracts of requests: `create`, `update`; `index` and `show` (queries). Of answers: `attachment` (listed and shown) and
`created`.
"""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.volume_attachments import schema

Json = dict[str, Any]

CREATED_WITHOUT_BODY = Flag("2.101", "Attaching answers 202 without a body.")
DELETION_CAN_BE_CHANGED = Flag("2.85", "What becomes of a volume when its server is deleted can be changed.")


def _by_volume(view: Json) -> None:
    del view["attachment_id"], view["bdm_uuid"]
    view["id"] = view["volumeId"]


def _swap_only(body: Json) -> None:
    properties = body["properties"]["volumeAttachment"]["properties"]
    for key in ("device", "tag", "delete_on_termination", "serverId", "id"):
        del properties[key]


HISTORY = History(
    {"create": schema.CREATE, "update": schema.UPDATE, "index": schema.INDEX, "show": p.ANY_QUERY},
    Change("2.89", "An attachment has ids of its own.", attachment=_by_volume),
    Change("2.85", "An attachment can be updated.", update=_swap_only),
    Change(
        "2.79",
        "What becomes of a volume when its server is deleted.",
        create=without("delete_on_termination", at="volumeAttachment"),
        attachment=drop("delete_on_termination"),
        created=drop("delete_on_termination"),
    ),
    Change("2.75", "Unknown query parameters are refused.", index=p.tolerate),
    Change("2.70", "Device tags are shown.", attachment=drop("tag"), created=drop("tag")),
    Change("2.49", "Device tags.", create=without("tag", at="volumeAttachment")),
)
