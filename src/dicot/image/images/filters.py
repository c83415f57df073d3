"""Which images a list shows, in which order: Glance's filters and sort keys over views. Pure.

Glance compares in SQL: what is null fits no comparison. Its own reading is in `glance/db/sqlalchemy/api.py`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from dicot.api import paging
from dicot.api.errors import BadRequest

Json = dict[str, Any]
Test = Callable[[Json], bool]
Pairs = Iterable[tuple[str, str]]

SORT_KEYS = ("name", "status", "container_format", "disk_format", "size", "id", "created_at", "updated_at")
LIMIT_DEFAULT = 25
LIMIT_MAX = 1000
_CONTROL = frozenset({"limit", "marker", "sort", "sort_key", "sort_dir", "member_status", "tag"})
_LISTED = frozenset({"name", "id", "status", "container_format", "disk_format"})
_TIMES = frozenset({"created_at", "updated_at"})
_RANGES = frozenset({"size", "virtual_size", "min_ram", "min_disk"})
_COLUMNS = frozenset({"checksum", "os_hash_value", "os_hash_algo", "owner", "visibility", *_RANGES})
_MEMBER_STATUSES = ("pending", "accepted", "rejected", "all")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "neq": operator.ne,
    "eq": operator.eq,
}


def tests(query: list[tuple[str, str]]) -> list[Test]:
    """Read every filter of a query; BadRequest in Glance's words for what cannot be filtered by."""
    asked = dict(query)
    if asked.get("changes-since"):
        raise BadRequest('The "changes-since" filter is no longer available on v2.')
    found = [_hidden(asked.get("os_hidden", "false"))]
    for key, value in query:
        if key not in _CONTROL and key != "os_hidden" and not (key == "visibility" and value == "all"):
            found.append(_test(key, value))
    found += [_tagged(value.strip()) for key, value in query if key == "tag"]
    return found


def _test(key: str, value: str) -> Test:
    if key == "protected":
        return _same(key, _truth(key, value))
    if key == "visibility":
        return _same(key, visibility(value))
    if key in _LISTED:
        return _listed(key, value)
    if key in _TIMES:
        return _at(key, value)
    if key[-4:] in {"_min", "_max"} and key[:-4] in _RANGES:
        return _within(key, value)
    if key in _COLUMNS:
        return lambda view: view[key] is not None and str(view[key]) == value
    return lambda view: view.get(key) == value


def visibility(value: str) -> str:
    """Return a visibility that may be filtered by."""
    if value not in {"community", "public", "private", "shared", "all"}:
        raise BadRequest(f"Invalid visibility value: {value}")
    return value


def member_status(value: str) -> str:
    """Return a member's status that may be filtered by."""
    if value not in _MEMBER_STATUSES:
        raise BadRequest(f"Invalid status: {value}")
    return value


def _same(key: str, value: object) -> Test:
    return lambda view: view[key] == value


def _hidden(value: str) -> Test:
    return _same("os_hidden", _truth("os_hidden", value.lower()))


def _truth(key: str, value: str) -> bool:
    if value not in {"true", "false"}:
        raise BadRequest(f"Invalid value '{value}' for '{key}' filter. Valid values are 'true' or 'false'.")
    return value == "true"


def _tagged(tag: str) -> Test:
    return lambda view: tag in view["tags"]


def _within(key: str, value: str) -> Test:
    name = key[:-4]
    try:
        bound = int(value)
    except ValueError as error:
        raise BadRequest("Unable to filter on a range with a non-numeric value.") from error
    compare = operator.ge if key.endswith("_min") else operator.le
    return lambda view: view[name] is not None and compare(view[name], bound)


def _at(key: str, value: str) -> Test:
    time = _time(value)
    name = "eq"
    if time is None:
        name, _, rest = value.partition(":")
        time = _time(rest)
    if time is None:
        raise BadRequest(f'Bad "{key}" query filter format. Use ISO 8601 DateTime notation.')
    if name not in _COMPARE:
        raise BadRequest("Unable to filter on a unknown operator.")
    compare, threshold = _COMPARE[name], time
    return lambda view: compare(datetime.fromisoformat(view[key]), threshold)


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _listed(key: str, value: str) -> Test:
    name, separator, rest = value.partition(":")
    if not separator:
        return _same(key, value)
    if name == "in":
        wanted = frozenset(split(rest))
        return lambda view: view[key] in wanted
    if name == "eq":
        return _same(key, rest[1:-1] if len(rest) > 1 and rest[0] == rest[-1] == '"' else rest)
    raise BadRequest(f"Unable to filter by unknown operator '{name}'.")


def split(text: str) -> list[str]:
    """Split at commas that are not inside double quotes; BadRequest for a quote that is left open."""
    parts, quoted = [""], False
    for char in text:
        if char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            parts.append("")
        else:
            parts[-1] += char
    if quoted:
        raise BadRequest(f"Invalid filter value {text}. The quote is not closed.")
    return parts


def order(query: list[tuple[str, str]], views: list[Json]) -> list[Json]:
    """Sort as asked, newest first by default; ties fall to the time of creation, then to the id."""
    keys, directions = _sorting(query)
    default = directions[0] if len(directions) == 1 else "desc"
    if len(directions) == 1:
        directions = directions * len(keys)
    for tie in ("created_at", "id"):
        if tie not in keys:
            keys.append(tie)
            directions.append(default)
    pairs = zip(keys, directions, strict=True)
    return paging.order(views, [(operator.itemgetter(key), direction == "desc") for key, direction in pairs])


def _sorting(query: list[tuple[str, str]]) -> tuple[list[str], list[str]]:
    combined = [value for key, value in query if key == "sort"]
    keys = [value.strip() for key, value in query if key == "sort_key"]
    directions = [value.strip() for key, value in query if key == "sort_dir"]
    if combined:
        if keys or directions:
            raise BadRequest("Old and new sorting syntax cannot be combined")
        steps = [part.partition(":") for part in combined[-1].strip().split(",")]
        keys = [key.strip() for key, _, _ in steps]
        directions = [direction.strip() or "desc" for _, _, direction in steps]
    if len(directions) > 1 and len(directions) != len(keys):
        raise BadRequest("Number of sort dirs does not match the number of sort keys")
    return [_key(one) for one in keys] or ["created_at"], [_direction(one) for one in directions] or ["desc"]


def _key(name: str) -> str:
    if name not in SORT_KEYS:
        raise BadRequest(f"Invalid sort key: {name}. It must be one of the following: {', '.join(SORT_KEYS)}.")
    return name


def _direction(name: str) -> str:
    if name not in {"asc", "desc"}:
        raise BadRequest(f"Invalid sort direction: {name}")
    return name


def limit(text: str | None) -> int:
    """Read how many images a page may have; 0 is none at all, as in Glance."""
    if text is None:
        return LIMIT_DEFAULT
    try:
        number = int(text)
    except ValueError as error:
        raise BadRequest("limit param must be an integer") from error
    if number < 0:
        raise BadRequest("limit param must be positive")
    return min(number, LIMIT_MAX)
