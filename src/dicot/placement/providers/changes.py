"""What is accepted of Placement's queries, and every microversion that changed what is read, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, Edit, Flag, History, drop, without

Json = dict[str, Any]

OLDEST, NEWEST = "1.0", "1.39"
CODES = Flag("1.23", "Errors have codes.")
LAST_MODIFIED = Flag("1.15", "Answers say when they were true.")
TYPED_USAGES = Flag("1.38", "What a project uses is told by type of consumer.")
_TEXT: Json = {"type": "array", "items": {"type": "string"}}
_UUID: Json = {"type": "array", "items": {"type": "string", "format": "uuid"}, "maxItems": 1}


def _query(**properties: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


_PROVIDERS = _query(name=_TEXT, uuid=_UUID, member_of=_TEXT, resources=_TEXT, in_tree=_UUID, required=_TEXT)
_CANDIDATES = _query(resources=_TEXT, required=_TEXT, limit=_TEXT, in_tree=_UUID, member_of=_TEXT)
_CANDIDATES["required"] = ["resources"]
_USAGES = _query(project_id=_TEXT, user_id=_TEXT, consumer_type=_TEXT)
_USAGES["required"] = ["project_id"]


def _unlinked(rel: str) -> Edit:
    def edit(view: Json) -> None:
        view["links"] = [link for link in view["links"] if link["rel"] != rel]

    return edit


def _plain_mappings(view: Json) -> None:
    for one in view["allocation_requests"]:
        one.pop("mappings")


def _no_trees(view: Json) -> None:
    for one in view["provider_summaries"].values():
        del one["parent_provider_uuid"], one["root_provider_uuid"]


def _no_traits(view: Json) -> None:
    for one in view["provider_summaries"].values():
        del one["traits"]


def _listed(view: Json) -> None:
    for one in view["allocation_requests"]:
        one["allocations"] = [
            {"resource_provider": {"uuid": uuid}, "resources": held["resources"]}
            for uuid, held in one["allocations"].items()
        ]


HISTORY = History(
    {"providers": _PROVIDERS, "candidates": _CANDIDATES, "usages": _USAGES},
    Change("1.38", "Consumers have types.", usages=without("consumer_type"), consumer=drop("consumer_type")),
    Change("1.34", "Which group of a request each provider answers.", candidate=_plain_mappings),
    Change("1.31", "Candidates in one tree.", candidates=without("in_tree")),
    Change("1.29", "Candidates say in which tree they are.", candidate=_no_trees),
    Change("1.28", "Consumers have generations.", consumer=drop("consumer_generation")),
    Change("1.21", "Candidates in aggregates.", candidates=without("member_of")),
    Change("1.19", "Aggregates have a generation.", aggregates=drop("resource_provider_generation")),
    Change("1.18", "Providers with traits.", providers=without("required")),
    Change("1.17", "Candidates with traits.", candidates=without("required"), candidate=_no_traits),
    Change("1.16", "Candidates have a limit.", candidates=without("limit")),
    Change(
        "1.14",
        "Providers are in trees.",
        providers=without("in_tree"),
        provider=drop("parent_provider_uuid", "root_provider_uuid"),
    ),
    Change(
        "1.12",
        "Whose a consumer is; candidates by provider.",
        consumer=drop("project_id", "user_id"),
        candidate=_listed,
    ),
    Change("1.11", "A provider links to its allocations.", provider=_unlinked("allocations")),
    Change("1.6", "A provider links to its traits.", provider=_unlinked("traits")),
    Change("1.4", "Providers with so much left.", providers=without("resources")),
    Change("1.3", "Providers in aggregates.", providers=without("member_of")),
    Change("1.1", "A provider links to its aggregates.", provider=_unlinked("aggregates")),
)
