"""Every microversion that changed keypairs, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.keypairs import schema

Json = dict[str, Any]

SAYS_WHAT_IT_DID = Flag("2.2", "Making a keypair answers 201 and deleting one 204; before, 200 and 202.")


def _generated(body: Json) -> None:
    keypair = body["properties"]["keypair"]
    keypair["required"] = ["name"]
    keypair["properties"]["name"] = schema.PLAIN_NAME


def _unwrapped_type(view: Json) -> None:
    view["keypair"].pop("type")


HISTORY = History(
    {"create": schema.CREATE, "index": schema.INDEX, "show": schema.SHOW},
    Change("2.92", "Keys are imported only; names may have @ and dots.", create=_generated),
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate, show=p.tolerate),
    Change("2.35", "The list has pages.", index=without("limit", "marker")),
    Change(
        "2.10",
        "An administrator may name another user.",
        create=without("user_id", at="keypair"),
        index=without("user_id"),
        show=without("user_id"),
    ),
    Change(
        "2.2",
        "Keypairs have a type.",
        create=without("type", at="keypair"),
        keypair=drop("type"),
        brief=_unwrapped_type,
    ),
)
