"""Every microversion that changed flavors, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, History, drop
from dicot.compute.flavors import schema

Json = dict[str, Any]


def _swap_as_text(view: Json) -> None:
    if view.get("swap") == 0:
        view["swap"] = ""


HISTORY = History(
    {"index": schema.INDEX},
    Change("2.75", "Swap of nothing is the number 0.", flavor=_swap_as_text),
    Change("2.61", "Extra specs in the view.", flavor=drop("extra_specs")),
    Change("2.55", "A description.", flavor=drop("description")),
)
