"""Lists as Cinder gives them: filters refused or forgotten, sort, marker, limit, offset, count, links. Pure."""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from dicot.api import paging
from dicot.api.errors import BadRequest
from dicot.api.request import Request
from dicot.volume import flags, links

Json = dict[str, Any]
T = TypeVar("T")

OFFSET_MAX = 0x7FFFFFFF
PAGING = frozenset({"limit", "marker", "offset", "sort", "sort_key", "sort_dir", "with_count", "all_tenants"})

_TRUE = frozenset({"1", "t", "true", "on", "y", "yes"})
_FALSE = frozenset({"0", "f", "false", "off", "n", "no"})


def truth(text: str) -> bool | None:
    """Read a boolean as oslo does; None if it is none."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def asked_true(request: Request, key: str) -> bool:
    """Read a boolean of the query, false if absent; BadRequest in Cinder's words."""
    text = request.asked(key, "False")
    read = truth(text)
    if read is None:
        raise BadRequest(f"Value '{text}' for '{key}' is not a boolean.")
    return read


def every_project(request: Request) -> bool:
    """Tell whether an administrator asks for the objects of all projects."""
    return request.caller.cloud_admin and asked_true(request, "all_tenants")


_SINCE = {"glance_metadata": flags.IMAGE_FILTER, "consumes_quota": flags.QUOTA_FILTER}
"""Filters that older clients' queries may hold without meaning them."""


def filters(request: Request, configured: frozenset[str]) -> dict[str, str]:
    """Return the filters that count: unknown ones are refused since 3.31 (not to administrators), forgotten before."""
    too_new = {key for key, flag in _SINCE.items() if request.before(flag)}
    asked = {key: value for key, value in request.query if key not in PAGING | too_new}
    if request.before(flags.STRICT_FILTERS) or request.caller.cloud_admin:
        return asked if request.caller.cloud_admin else _known(asked, configured)
    like = frozenset() if request.before(flags.LIKE_FILTERS) else frozenset({"name~"})
    unknown = [key for key in asked if key not in configured | like]
    if unknown:
        raise BadRequest(f"Invalid filters {','.join(unknown)} are found in query options.")
    return asked


def _known(asked: Mapping[str, str], configured: frozenset[str]) -> dict[str, str]:
    return {key: value for key, value in asked.items() if key in configured}


def pairs(text: str) -> dict[str, str] | None:
    """Read a filter on keys and values, which clients spell as Python does; None if it is something else."""
    try:
        read = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return {str(key): str(value) for key, value in read.items()} if isinstance(read, dict) else None


def order(request: Request, items: Sequence[T], keys: Mapping[str, Callable[[T], Any]]) -> list[T]:
    """Sort by what the query asks for, else the newest first."""
    asked = [(name, direction) for name, direction in _sort(request)]
    unknown = [name for name, _ in asked if name not in keys]
    if unknown:
        raise BadRequest(f"Invalid input received: Invalid sort key: {', '.join(unknown)}")
    last = asked[-1][1] if asked else "desc"
    wanted = [*asked, *((name, last) for name in ("created_at", "id") if name not in dict(asked))]
    return paging.order(items, [(keys[name], direction == "desc") for name, direction in wanted])


def _sort(request: Request) -> list[tuple[str, str]]:
    both = request.asked("sort")
    if both and (request.asked("sort_key") or request.asked("sort_dir")):
        raise BadRequest(
            "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter."
        )
    if both:
        parts = [part.partition(":") for part in both.strip().split(",")]
        asked = [(name.strip(), direction.strip() or "desc") for name, _, direction in parts]
    else:
        key, direction = request.asked("sort_key"), request.asked("sort_dir") or "desc"
        asked = [(key.strip() or "created_at", direction.strip())]
    if any(direction not in {"asc", "desc"} for _, direction in asked):
        raise BadRequest("Invalid input received: Unknown sort direction, must be 'desc' or 'asc'.")
    return asked


def limit(request: Request, most: int) -> int:
    """Read `limit`; here 0 means nothing at all."""
    text = request.asked("limit")
    if not text:
        return most
    try:
        number = int(text)
    except ValueError as error:
        raise BadRequest("limit param must be an integer") from error
    if number < 0:
        raise BadRequest("limit param must be positive")
    return min(number, most)


def _offset(request: Request) -> int:
    text = request.asked("offset", "0")
    try:
        number = int(text)
    except ValueError as error:
        raise BadRequest("offset must be an integer") from error
    if not 0 <= number <= OFFSET_MAX:
        raise BadRequest(f"offset must be >= 0 and <= {OFFSET_MAX}")
    return number


def cut(
    request: Request,
    items: Sequence[T],
    identify: Callable[[T], str],
    *,
    most: int,
    missing: Callable[[str], Exception],
) -> list[T]:
    """Cut one page out of sorted items: after the marker, past the offset. `missing` names an unknown marker."""
    marker = request.asked("marker")
    rest = paging.after(items, marker, identify) if marker else items
    if rest is None:
        raise missing(marker)
    skipped = _offset(request)
    return list(rest[skipped : skipped + limit(request, most)])


def enveloped(
    request: Request, name: str, views: list[Json], *, path: str, total: int, most: int, links_key: str = ""
) -> Json:
    """Put a page into its envelope: with a link to the next if the page is full, and the count where asked for."""
    body: Json = {name: views}
    if views and limit(request, most) <= len(views):
        href = paging.next_link(request, links.path(request, path), views[-1]["id"])
        body[links_key or f"{name}_links"] = [{"rel": "next", "href": href}]
    if not request.before(flags.COUNT) and asked_true(request, "with_count"):
        body["count"] = total
    return body
