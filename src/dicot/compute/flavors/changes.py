"""Every microversion that changed flavors, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Flag, History, drop, without
from dicot.compute import parameters as p
from dicot.compute.flavors import schema

Json = dict[str, Any]

SHOWS_WHAT_IT_HAS = Flag("2.102", "Flavors no longer show rxtx_factor and OS-FLV-DISABLED:disabled.")


def _with_factor(body: Json) -> None:
    body["properties"]["flavor"]["properties"][schema.RXTX] = schema.RXTX_FACTOR


def _unnamed(query: Json) -> None:
    query["properties"].pop("name")
    place = schema.SORT_KEYS.index("swap")
    keys = [*schema.SORT_KEYS[:place], schema.RXTX, *schema.SORT_KEYS[place:]]
    query["properties"]["sort_key"] = schema.sort_key(*keys)


def _swap_as_text(view: Json) -> None:
    if view.get("swap") == 0:
        view["swap"] = ""


HISTORY = History(
    {"index": schema.INDEX, "show": p.NO_QUERY, "create": schema.CREATE, "update": schema.UPDATE},
    Change(
        "2.102",
        "A filter by name; rxtx_factor is gone; unknown query keys are refused.",
        index=_unnamed,
        show=p.tolerate,
        create=_with_factor,
    ),
    Change("2.75", "Swap of nothing is the number 0.", index=p.tolerate, flavor=_swap_as_text),
    Change("2.61", "Extra specs in the view.", flavor=drop("extra_specs")),
    Change(
        "2.55",
        "A description.",
        create=without("description", at="flavor"),
        flavor=drop("description"),
        brief=drop("description"),
    ),
)
