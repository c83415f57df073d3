"""What is accepted of hypervisors, and every microversion that changed them, newest first."""

from __future__ import annotations

import json
from typing import Any

from dicot.api.microversion import Change, Flag, History, drop
from dicot.compute import parameters as p
from dicot.compute.nodes import number

Json = dict[str, Any]

SIZES_ARE_GONE = Flag("2.88", "Sizes, use and processor are Placement's to tell.")
IDS_ARE_UUIDS = Flag("2.53", "A hypervisor's id must be a UUID.")

_INDEX: Json = {
    "type": "object",
    "properties": {
        "limit": p.single(p.NON_NEGATIVE_INTEGER),
        "marker": p.single({"type": "string"}),
        "hypervisor_hostname_pattern": p.single(p.DOMAIN_NAME),
        "with_servers": p.single(p.BOOLEAN),
    },
    "additionalProperties": False,
}
_SHOW: Json = {
    "type": "object",
    "properties": {"with_servers": p.single(p.BOOLEAN)},
    "additionalProperties": False,
}


def _no_empty_servers(view: Json) -> None:
    if not view.get("servers", True):
        view.pop("servers")


def _indexes_plainly(query: Json) -> None:
    query["properties"] = {"limit": p.several(p.NON_NEGATIVE_INTEGER), "marker": p.TEXTS}
    query["additionalProperties"] = True


def _shows_plainly(query: Json) -> None:
    query |= p.ANY_QUERY


def _numbers(view: Json) -> None:
    view["id"] = number(view["id"])
    if "service" in view:
        view["service"]["id"] = number(view["service"]["id"])


def _unpaged(query: Json) -> None:
    query["properties"] = Json()


def _processor_as_text(view: Json) -> None:
    if "cpu_info" in view:
        view["cpu_info"] = json.dumps(view["cpu_info"])


HISTORY = History(
    {"index": _INDEX, "show": _SHOW, "statistics": {}, "old": {}},
    Change("2.88", "The time since the host started.", hypervisor=drop("uptime")),
    Change("2.75", "A hypervisor without servers shows that.", hypervisor=_no_empty_servers),
    Change(
        "2.53",
        "Ids are UUIDs; filters by name, and servers on demand.",
        index=_indexes_plainly,
        show=_shows_plainly,
        hypervisor=_numbers,
    ),
    Change("2.33", "The lists have pages.", index=_unpaged),
    Change("2.28", "The processor is described by an object.", hypervisor=_processor_as_text),
)
