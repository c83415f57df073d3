"""Keystone's lists: filters by attribute, pages, and the three links around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dicot.api import paging
from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster

Json = dict[str, Any]

_FALSE = frozenset({"0", "false", "no", "off", "f", "n"})
_COMPARATORS: dict[str, Callable[[str, str], bool]] = {
    "": lambda have, want: have == want,
    "contains": lambda have, want: want in have,
    "icontains": lambda have, want: want.lower() in have.lower(),
    "startswith": lambda have, want: have.startswith(want),
    "istartswith": lambda have, want: have.lower().startswith(want.lower()),
    "endswith": lambda have, want: have.endswith(want),
    "iendswith": lambda have, want: have.lower().endswith(want.lower()),
}


def true(text: str) -> bool:
    """Read a flag of the query: present means true, unless it says no."""
    return text.lower() not in _FALSE


def flag(request: Request, key: str) -> bool:
    """Tell whether a flag of the query is set."""
    return any(name == key and true(value) for name, value in request.query)


def keeps(request: Request, view: Json, attributes: Iterable[str]) -> bool:
    """Tell whether an object passes the filters of the query; attributes that are no filters are ignored."""
    known = frozenset(attributes)
    for key, want in request.query:
        attribute, _, comparator = key.partition("__")
        if attribute in known and comparator in _COMPARATORS and not _matches(view.get(attribute), comparator, want):
            return False
    return True


def _matches(have: Any, comparator: str, want: str) -> bool:
    if isinstance(have, bool):
        return have == true(want)
    return _COMPARATORS[comparator]("" if have is None else str(have), want)


def collection(
    request: Request, cluster: Cluster, key: str, views: Iterable[Json], attributes: Iterable[str] = ()
) -> Response:
    """Answer with the objects that pass the filters, one page of them, sorted by id."""
    kept = sorted((view for view in views if keeps(request, view, attributes)), key=lambda view: view["id"])
    page, more = paging.page(
        request,
        kept,
        lambda view: view["id"],
        most=cluster.config.page_max,
        missing=lambda marker: NotFound(f"Marker {marker} could not be found."),
    )
    return wrapped(request, key, page, following=page[-1]["id"] if more else "")


def wrapped(request: Request, key: str, views: list[Json], following: str = "") -> Response:
    """Answer with a list and its links; `following` is the marker of the next page."""
    http = request.http.scope
    here = f"{request.prefix}{http['path']}"
    query = http["query_string"].decode("ascii", "replace")
    path = http["path"].removeprefix(f"{request.service.root}{request.service.version}")
    links = {
        "next": paging.next_link(request, path, following) if following else None,
        "self": f"{here}?{query}" if query else here,
        "previous": None,
    }
    return Response({key: views, "links": links, **({"truncated": True} if following else {})})
