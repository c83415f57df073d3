"""Every microversion that changed server groups, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, History, drop
from dicot.compute import parameters as p
from dicot.compute.server_groups import schema

Json = dict[str, Any]


def _several_policies(*allowed: str) -> Json:
    return {
        "type": "array",
        "prefixItems": [{"type": "string", "enum": list(allowed)}],
        "uniqueItems": True,
        "minItems": 1,
        "maxItems": 1,
        "additionalItems": False,
    }


def _policies(body: Json) -> None:
    body |= schema.create(policies=_several_policies(*schema.POLICIES))


def _hard_policies(body: Json) -> None:
    body |= schema.create(policies=_several_policies("anti-affinity", "affinity"))


def _first_policy(body: Json) -> None:
    group = body["server_group"]
    (group["policy"],) = group.pop("policies")


def _listed_policy(view: Json) -> None:
    none: Json = {}
    view |= {"policies": [view.pop("policy")], "metadata": none}
    del view["rules"]


HISTORY = History(
    {"index": schema.INDEX, "show": p.NO_QUERY, "create": schema.CREATE},
    Change("2.102", "Unknown query keys are refused.", show=p.tolerate),
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate),
    Change(
        "2.64",
        "One policy with rules.",
        create=_policies,
        upgrades={"create": _first_policy},
        server_group=_listed_policy,
    ),
    Change("2.15", "Soft policies.", create=_hard_policies),
    Change("2.13", "Whose group it is.", server_group=drop("project_id", "user_id")),
)
