"""Every microversion that changed quota classes, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Edit, History
from dicot.compute import parameters as p
from dicot.compute.quota_class_sets import schema
from dicot.compute.quota_sets.changes import FILES, NETWORKS
from dicot.compute.quota_sets.schema import LIMIT

Json = dict[str, Any]


def _accept(names: dict[str, int]) -> Edit:
    def edit(body: Json) -> None:
        body["properties"]["quota_class_set"]["properties"] |= dict.fromkeys(names, LIMIT)

    return edit


def _with_networks(view: Json) -> None:
    view |= NETWORKS
    del view["server_groups"], view["server_group_members"]


HISTORY = History(
    {"update": schema.UPDATE, "show": p.NO_QUERY},
    Change("2.102", "Unknown query keys are refused.", show=p.tolerate),
    Change(
        "2.57",
        "Quotas of injected files are gone.",
        update=_accept(FILES),
        quota_class_set=lambda view: view.update(FILES),
    ),
    Change(
        "2.50",
        "Quotas of networks are Neutron's; those of server groups are shown.",
        update=_accept(NETWORKS),
        quota_class_set=_with_networks,
    ),
)
