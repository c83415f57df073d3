"""Every microversion that changed services, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop, without
from dicot.compute import nodes
from dicot.compute import parameters as p
from dicot.compute.services import schema

Json = dict[str, Any]

IDS_ARE_UUIDS = Flag("2.53", "A service's id must be a UUID.")
FORCED_DOWN = Flag("2.11", "A host may be said to be down.")


def _number(view: Json) -> None:
    if "id" in view:  # an older client's change is answered without it
        view["id"] = nodes.number(view["id"])


def _action(body: Json) -> None:
    body.clear()
    body |= schema.ACT


HISTORY = History(
    {"index": schema.INDEX, "update": schema.UPDATE},
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate),
    Change("2.53", "Ids are UUIDs; a service is changed by its id.", update=_action, service=_number),
    Change("2.11", "Whether a host was said to be down.", update=without("forced_down"), service=drop("forced_down")),
)
