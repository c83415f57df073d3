"""Lists of servers: who may see which, filters, order, pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

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
T = TypeVar("T")

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
    page, full = _found(request, cluster, _visible(request, cluster, asked, rule), asked, known)
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


def _found(
    request: Request, cluster: Cluster, vms: list[Json], asked: Json, statuses: list[str]
) -> tuple[list[Entry], bool]:
    """Order, filter and page; the flag says that the page is full."""
    keys = _sort_keys(request)
    keep = filters.predicates(_without_scope(asked), statuses)
    most, by_age = cluster.config.page_max, [name for name, _ in keys] == ["created_at", "uuid"]
    if by_age:
        vms = sorted(vms, key=_age, reverse=keys[0][1])
    if by_age and not keep:
        page, full = _page(request, vms, most, _identity)  # what is on other pages need not be looked at
        return answers.entries(cluster, page), full
    found = answers.entries(cluster, vms)
    if not by_age:
        found = filters.in_order(found, keys, lambda one: one.view)
    if keep:
        found = [one for one in found if all(test(one.view) for test in keep)]
    return _page(request, found, most, answers.identity)


def _sort_keys(request: Request) -> list[tuple[str, bool]]:
    names_, directions = request.asked_all("sort_key"), request.asked_all("sort_dir")
    keys = filters.sort_keys(names_, directions, request.version)
    if not request.caller.cloud_admin:
        for name in ("host", "node"):
            if name in names_:
                raise Forbidden(f"Only administrators can sort servers by {name}")
    return keys


def _age(vm: Json) -> tuple[str, str]:
    return vm["metadata"]["creationTimestamp"], _identity(vm)


def _identity(vm: Json) -> str:
    return names.identity_of(vm, lookup.NOUN)


def _page(request: Request, found: list[T], most: int, identify: Callable[[T], str]) -> tuple[list[T], bool]:
    """Cut out a page; the flag says that it is full, which is when Nova links to the next."""
    size = 0 if request.asked("limit") in ("0", "00") else paging.limit(request, most)
    marker = request.asked("marker")
    if marker:
        rest = paging.after(found, marker, identify)
        if rest is None:
            raise BadRequest(f"marker [{marker}] not found")
        found = list(rest)
    page = found[:size]
    return page, bool(page) and len(page) == size
