"""Server groups: there are none yet. The list says so; to make one is refused by name.

Servers are kept together or apart by the scheduler hints `same_host` and `different_host`.
"""

from __future__ import annotations

from typing import Any

from dicot.api.errors import NotFound, NotImplementedHere
from dicot.api.microversion import Change, History
from dicot.api.request import Request, Response
from dicot.api.route import Handler, Route
from dicot.compute import parameters as p

Json = dict[str, Any]

_POLICY = "os_compute_api:os-server-groups"
_POLICIES = ("anti-affinity", "affinity", "soft-anti-affinity", "soft-affinity")


async def index(_: Request, __: object) -> Response:
    """List server groups: none."""
    return Response({"server_groups": []})


async def show(request: Request, _: object) -> Response:
    """Find no server group."""
    raise NotFound(f"Instance group {request.params['group_id']} could not be found.")


async def create(_: Request, __: object) -> Response:
    """Refuse to make a server group."""
    raise NotImplementedHere("Server groups are not supported: use the hints same_host and different_host.")


def _create(**properties: Json) -> Json:
    group = {
        "type": "object",
        "properties": {"name": p.NAME, **properties},
        "required": ["name", *(name for name in properties if name != "rules")],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"server_group": group},
        "required": ["server_group"],
        "additionalProperties": False,
    }


def _several_policies(*allowed: str) -> Json:
    return {
        "type": "array",
        "prefixItems": [{"type": "string", "enum": list(allowed)}],
        "uniqueItems": True,
        "minItems": 1,
        "maxItems": 1,
        "additionalItems": False,
    }


_RULES: Json = {
    "type": "object",
    "properties": {"max_server_per_host": p.POSITIVE_INTEGER},
    "additionalProperties": False,
}
_INDEX: Json = {
    "type": "object",
    "properties": {
        "all_projects": p.TEXTS,
        "limit": p.several(p.NON_NEGATIVE_INTEGER),
        "offset": p.several(p.NON_NEGATIVE_INTEGER),
    },
    "additionalProperties": False,
}


def _policies(body: Json) -> None:
    body |= _create(policies=_several_policies(*_POLICIES))


def _hard_policies(body: Json) -> None:
    body |= _create(policies=_several_policies("anti-affinity", "affinity"))


HISTORY = History(
    {
        "index": _INDEX,
        "show": p.NO_QUERY,
        "create": _create(policy={"type": "string", "enum": list(_POLICIES)}, rules=_RULES),
    },
    Change("2.102", "Unknown query keys are refused.", show=p.tolerate),
    Change("2.75", "Unknown query keys are refused.", index=p.tolerate),
    Change("2.64", "One policy with rules.", create=_policies),
    Change("2.15", "Soft policies.", create=_hard_policies),
)


def _route(method: str, path: str, handler: Handler, rule: str, *, body: str = "", query: str = "") -> Route:
    return Route(
        method=method,
        path=f"/os-server-groups{path}",
        handler=handler,
        policy=f"{_POLICY}:{rule}",
        history=HISTORY,
        body=body,
        query=query,
    )


ROUTES = (
    _route("GET", "", index, "index", query="index"),
    _route("POST", "", create, "create", body="create"),
    _route("GET", "/{group_id}", show, "show", query="show"),
    _route("DELETE", "/{group_id}", show, "delete"),
)
