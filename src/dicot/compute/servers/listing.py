"""Lists of servers: who may see which, filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from dicot import names
from dicot.api import paging
from dicot.api.errors import BadRequest, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, filters, lookup
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.changes import UNKNOWN_STATUS_IS_REFUSED

Json = dict[str, Any]

_FALSE = frozenset({"f", "false", "off", "n", "no", "0"})
_TRUE = frozenset({"t", "true", "on", "y", "yes", "1", ""})


async def index(request: Request, cluster: Cluster) -> Response:
    """List servers by id and name."""
    return _list(request, cluster, "/servers", "index", lambda one: answers.brief(request, one))


async def detail(request: Request, cluster: Cluster) -> Response:
    """List servers in full."""
    return _list(request, cluster, "/servers/detail", "detail", lambda one: answers.full(request, one, listed=True))


def _list(request: Request, cluster: Cluster, path: str, rule: str, encode: Callable[[Entry], bytes]) -> Response:
    asked = filters.wanted(request.query, request.version, administrator=request.caller.cloud_admin)
    filters.refuse_internal(asked)
    statuses = request.asked_all("status")
    known = [status for status in statuses if status.upper() in filters.STATUSES]
    if statuses and not known:
        if request.before(UNKNOWN_STATUS_IS_REFUSED):
            return Response({"servers": []})
        raise BadRequest("Invalid status value")
    if "DELETED" in {status.upper() for status in known} and not request.caller.cloud_admin:
        raise Forbidden("Only administrators may list deleted instances")
    found = _ordered(request, _visible(request, cluster, asked, rule), cluster)
    keep = filters.predicates(_without_scope(asked), known)
    if keep:
        found = [one for one in found if all(test(one.view) for test in keep)]
    page, full = _page(request, found, cluster.config.page_max)
    parts = [b'{"servers":[', b",".join([encode(one) for one in page]), b"]"]
    if full:
        link = {"rel": "next", "href": paging.next_link(request, path, answers.identity(page[-1]))}
        parts += [b',"servers_links":', msgspec.json.encode([link])]
    return Response(b"".join([*parts, b"}"]))


def _visible(request: Request, cluster: Cluster, asked: Json, rule: str) -> list[Json]:
    caller = request.caller
    if all_tenants(request):
        if not caller.cloud_admin:
            raise Forbidden(f"Policy doesn't allow os_compute_api:servers:{rule}:get_all_tenants to be performed.")
        return lookup.servers_of(cluster, "")
    asked.pop("tenant_id", None)
    asked.pop("project_id", None)
    return lookup.servers_of(cluster, caller.namespace) if caller.namespace else []


def all_tenants(request: Request) -> bool:
    """Tell whether the servers of all projects are asked for; the bare word is a yes, as in Nova."""
    values = request.asked_all("all_tenants")
    if not values:
        return False
    value = values[-1].lower()
    if value not in _TRUE | _FALSE:
        raise BadRequest(f"Invalid value '{values[-1]}' for 'all_tenants': not a boolean")
    return value in _TRUE


def _without_scope(asked: Json) -> Json:
    return {key: value for key, value in asked.items() if key not in ("all_tenants", "status")}


def _ordered(request: Request, vms: list[Json], cluster: Cluster) -> list[Entry]:
    names_, directions = request.asked_all("sort_key"), request.asked_all("sort_dir")
    keys = filters.sort_keys(names_, directions, request.version)
    if not request.caller.cloud_admin:
        for name in ("host", "node"):
            if name in names_:
                raise Forbidden(f"Only administrators can sort servers by {name}")
    if [name for name, _ in keys] == ["created_at", "uuid"]:
        newest_first = keys[0][1]
        vms = sorted(vms, key=_age, reverse=newest_first)
        return answers.entries(cluster, vms)
    return filters.in_order(answers.entries(cluster, vms), keys, lambda one: one.view)


def _age(vm: Json) -> tuple[str, str]:
    return vm["metadata"]["creationTimestamp"], names.identity_of(vm, lookup.NOUN)


def _page(request: Request, found: list[Entry], most: int) -> tuple[list[Entry], bool]:
    """Cut out a page; the flag says that it is full, which is when Nova links to the next."""
    size = 0 if request.asked("limit") in ("0", "00") else paging.limit(request, most)
    marker = request.asked("marker")
    if marker:
        rest = paging.after(found, marker, answers.identity)
        if rest is None:
            raise BadRequest(f"marker [{marker}] not found")
        found = list(rest)
    page = found[:size]
    return page, bool(page) and len(page) == size
