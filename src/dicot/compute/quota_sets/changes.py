"""Every microversion that changed quota sets, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Edit, History
from dicot.compute import parameters as p
from dicot.compute.quota_sets import schema

Json = dict[str, Any]

FILES = {"injected_files": 5, "injected_file_content_bytes": 10240, "injected_file_path_bytes": 255}
"""Nova's defaults: there were always some, though no file is injected here."""
NETWORKS = {"floating_ips": -1, "fixed_ips": -1, "security_groups": -1, "security_group_rules": -1}


def _accept(names: dict[str, int]) -> Edit:
    def edit(body: Json) -> None:
        body["properties"]["quota_set"]["properties"] |= dict.fromkeys(names, schema.LIMIT)

    return edit


def _shown(limits: dict[str, int]) -> Edit:
    return lambda view: view.update(limits)


def _detailed(limits: dict[str, int]) -> Edit:
    def edit(view: Json) -> None:
        view |= {name: {"limit": limit, "in_use": 0, "reserved": 0} for name, limit in limits.items()}

    return edit


HISTORY = History(
    {"update": schema.UPDATE, "show": schema.SHOW, "defaults": p.ANY_QUERY},
    Change("2.75", "Unknown query keys are refused.", show=p.tolerate),
    Change(
        "2.57",
        "Quotas of injected files are gone.",
        update=_accept(FILES),
        quota_set=_shown(FILES),
        detail=_detailed(FILES),
    ),
    Change(
        "2.36",
        "Quotas of networks are Neutron's.",
        update=_accept(NETWORKS),
        quota_set=_shown(NETWORKS),
        detail=_detailed(NETWORKS),
    ),
)
