"""Lists as Neutron makes them: filter by any attribute, sort by several, choose fields, page with links. No I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from dicot.api import paging
from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response

Json = dict[str, Any]

_CONTROL = frozenset({"fields", "limit", "marker", "page_reverse", "sort_key", "sort_dir"})
_TAGS: dict[str, Callable[[set[str], set[str]], bool]] = {
    "tags": lambda have, asked: asked <= have,
    "tags-any": lambda have, asked: bool(asked & have),
    "not-tags": lambda have, asked: not asked <= have,
    "not-tags-any": lambda have, asked: not asked & have,
}


def answer(request: Request, items: Iterable[Json], collection: str, path: str, known: Iterable[str]) -> Response:
    """Answer a list of views: filtered, sorted, cut and linked as the query says. `known` names every attribute."""
    names = frozenset(known)
    wrong = [name for name, _ in request.query if name not in names and name not in _CONTROL and name not in _TAGS]
    if wrong:
        raise BadRequest(f"{wrong} is invalid attribute for filtering")
    chosen = [view for view in items if _matches(request, view)]
    ordered = paging.order(chosen, _sort_keys(request, names))
    page, links = _page(request, ordered, path)
    body: Json = {collection: [fields(request, view) for view in page]}
    if links:
        body[f"{collection}_links"] = links
    return Response(body)


def fields(request: Request, view: Json) -> Json:
    """Keep the attributes that `fields` names, or all."""
    wanted = [name for name in request.asked_all("fields") if name]
    return {name: value for name, value in view.items() if name in wanted} if wanted else view


def _matches(request: Request, view: Json) -> bool:
    asked: dict[str, list[str]] = {}
    for name, value in request.query:
        if name not in _CONTROL:
            asked.setdefault(name, []).append(value)
    for name, values in asked.items():
        if name in _TAGS:
            tags = {tag for value in values for tag in value.split(",") if tag}
            if not _TAGS[name](set(view.get("tags", ())), tags):
                return False
        elif name == "fixed_ips":
            if not _has_address(view, values):
                return False
        elif not _has(view, name, values):
            return False
    return True


def _has(view: Json, name: str, values: list[str]) -> bool:
    if name not in view:
        # An attribute that only some objects show (provider:*, is_default) is false or null on the others.
        return any(value.lower() in ("", "false", "none") for value in values)
    have = view[name]
    if isinstance(have, bool):
        return any(_truth(value) is have for value in values)
    if have is None:
        return "" in values or "None" in values
    if isinstance(have, list):
        return any(value in have for value in values)
    return str(have) in values


def _truth(text: str) -> bool | None:
    return {"true": True, "1": True, "false": False, "0": False}.get(text.lower())


def _has_address(view: Json, values: list[str]) -> bool:
    """Match `fixed_ips=ip_address=..`: each key is an AND, values of one key an OR."""
    wanted: dict[str, set[str]] = {}
    for value in values:
        key, _, one = value.partition("=")
        wanted.setdefault(key, set()).add(one)
    addresses = view.get("fixed_ips", [])
    for key, ones in wanted.items():
        if key == "ip_address_substr":
            if not any(one in fixed["ip_address"] for one in ones for fixed in addresses):
                return False
        elif key not in ("ip_address", "subnet_id"):
            raise BadRequest(f"Invalid input for operation: '{key}' is not a key of fixed_ips.", kind="InvalidInput")
        elif not any(fixed[key] in ones for fixed in addresses):
            return False
    return True


def _sort_keys(request: Request, known: frozenset[str]) -> list[tuple[Callable[[Json], Any], bool]]:
    keys = [key for key in request.asked_all("sort_key") if key]
    directions = [way for way in request.asked_all("sort_dir") if way]
    if directions and len(keys) != len(directions):
        raise BadRequest("The number of sort_keys and sort_dirs must be same")
    absent = [key for key in keys if key not in known]
    if absent:
        raise BadRequest(f"{absent} is invalid attribute for sort_keys")
    wrong = [way for way in directions if way not in ("asc", "desc")]
    if wrong:
        raise BadRequest(f"{wrong} is invalid value for sort_dirs, valid value is 'asc' and 'desc'")
    directions = directions or ["asc"] * len(keys)
    # The id comes last, so that an order is total and a marker has one place in it.
    return [(_by(key), way == "desc") for key, way in zip([*keys, "id"], [*directions, "asc"], strict=True)]


def _by(key: str) -> Callable[[Json], Any]:
    return lambda view: view.get(key)


def _limit(request: Request) -> int:
    text = request.asked("limit", "0")
    if not text.isdecimal():
        sentence = f"Bad limit request: Limit must be an integer 0 or greater and not '{text}'."
        raise BadRequest(sentence, kind="BadRequest")
    return int(text)


def _page(request: Request, views: list[Json], path: str) -> tuple[list[Json], list[Json]]:
    limit = _limit(request)
    backwards = request.asked("page_reverse").lower() == "true"
    if not limit:
        return views, []
    marker = request.asked("marker")
    if backwards:
        views = views[::-1]
    if marker:
        rest = paging.after(views, marker, lambda view: view["id"])
        if rest is None:
            raise NotFound(f"Object {marker} not found.", kind="ObjectNotFound")
        views = list(rest)
    page = views[:limit]
    if backwards:
        page = page[::-1]
    return page, _links(request, page, path, limit, backwards)


def _links(request: Request, page: list[Json], path: str, limit: int, backwards: bool) -> list[Json]:
    """Link as neutron/api/api_common.py does: a short page ends the way it was walked."""
    links: list[Json] = []
    if len(page) == limit or backwards:
        links.append({"rel": "next", "href": _link(request, path, page[-1:], [])})
    if len(page) == limit or not backwards:
        links.append({"rel": "previous", "href": _link(request, path, page[:1], [("page_reverse", "True")])})
    return links


def _link(request: Request, path: str, ends: list[Json], more: list[tuple[str, str]]) -> str:
    pairs = [(name, value) for name, value in request.query if name not in ("marker", "page_reverse")]
    marker = [("marker", ends[0]["id"])] if ends else []
    return f"{request.url(path)}?{urlencode([*pairs, *marker, *more])}"
