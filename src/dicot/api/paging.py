"""Marker, limit and sort over a list in memory, and the link to the next page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from dicot.api.errors import BadRequest
from dicot.api.request import Request

Json = dict[str, Any]
T = TypeVar("T")


def limit(request: Request, most: int) -> int:
    """Read `limit`: at most `most`; BadRequest, in oslo's words, if it is no number of 0 or more."""
    text = request.asked("limit")
    if not text:
        return most
    try:
        number = int(text)
    except ValueError as error:
        raise BadRequest(f"limit param must be an integer: {text}") from error
    if number < 0:
        raise BadRequest("limit param must be positive")
    return min(number, most) if number else most


def order(items: Sequence[T], keys: Sequence[tuple[Callable[[T], Any], bool]]) -> list[T]:
    """Sort by several keys, each (key function, descending); missing values come first, as NULLs do in MySQL."""
    ordered = list(items)
    for key, descending in reversed(keys):
        ordered.sort(key=lambda item, key=key: _rank(key(item)), reverse=descending)
    return ordered


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    return (2, str(value))


def after(items: Sequence[T], marker: str, identify: Callable[[T], str]) -> Sequence[T] | None:
    """Return what follows the marker, or None if no item is called so."""
    for position, item in enumerate(items):
        if identify(item) == marker:
            return items[position + 1 :]
    return None


def next_link(request: Request, path: str, last: str) -> str:
    """Return the link to the page after `last`: the same query with another marker."""
    pairs = [(key, value) for key, value in request.query if key != "marker"]
    return f"{request.url(path)}?{urlencode([*pairs, ('marker', last)])}"


def page(
    request: Request,
    items: Sequence[T],
    identify: Callable[[T], str],
    *,
    most: int,
    missing: Callable[[str], Exception],
) -> tuple[list[T], bool]:
    """Cut one page out of sorted items; the flag says whether more follow. `missing` names an unknown marker."""
    marker = request.asked("marker")
    if marker:
        rest = after(items, marker, identify)
        if rest is None:
            raise missing(marker)
        items = rest
    size = limit(request, most)
    return list(items[:size]), len(items) > size
