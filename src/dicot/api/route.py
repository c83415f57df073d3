"""Routes as data, services as data, and the trie that finds one in a request's path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import msgspec

from dicot.api.errors import ApiError, Json
from dicot.api.microversion import NO_HISTORY, History, Range, parse
from dicot.api.policy import Rule
from dicot.api.request import Request, Response

Handler = Callable[[Request, Any], Awaitable[Response]]
"""Takes the request and the cluster; the edge does not know what a cluster is."""


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """One method on one path, from one microversion to another.

    `body`, `query`: contracts of `history` that the request must satisfy. `view`: the contract that the answer is
    told backwards by, found in its envelope under `key` (an object or a list; "" for the whole body).
    `action`: the one key of the body that chooses this route (`POST /servers/{id}/action`).
    `policy`: OpenStack's name of the rule. `raw`: the handler reads the body itself.
    """

    method: str
    path: str
    handler: Handler
    policy: str = ""
    rule: Rule | None = None
    since: str = ""
    until: str = ""
    history: History = NO_HISTORY
    body: str = ""
    query: str = ""
    view: str = ""
    key: str = ""
    action: str = ""
    public: bool = False
    unversioned: bool = False
    raw: bool = False

    def speaks(self, version: int) -> bool:
        """Tell whether the route exists at this microversion."""
        return (not self.since or version >= parse(self.since)) and (not self.until or version <= parse(self.until))


class Service(msgspec.Struct, frozen=True, kw_only=True):
    """One OpenStack service as the edge serves it.

    `project_in_path`: a project id may stand after the version (`/v3/{project_id}/volumes`).
    `catalog`: the (type, name) pairs it has in the catalog; `malformed`: what it says of a body that is not JSON.
    `other_type`: what it says of a body that is not called JSON, where it minds; `fault_type`: the type of its faults.
    `vary`: the Vary header of a service without microversions.
    `legacy`: an older version's path, where all is served at the oldest microversion; `lenient`: this is that version,
    which heeds no microversion header and passes over fields that it does not know, as Nova's v2.0 does.
    `lost`: the envelope of a path that no route has (bytes are HTML), and `lost_to_all` tells it without a token;
    `lacks_method`: 405, or 404 where the service's router says so.
    """

    name: str
    root: str
    version: str
    catalog: tuple[tuple[str, str], ...]
    routes: tuple[Route, ...]
    envelope: Callable[[ApiError], Json]
    forbidden: Callable[[Route], str]
    microversions: Range | None = None
    project_in_path: bool = False
    json_suffix: bool = False
    exact: bool = False
    malformed: str = "The server could not comply with the request since it is either malformed or otherwise incorrect."
    other_type: str = ""
    fault_type: str = "application/json"
    lost: Callable[[ApiError], Json | bytes] | None = None
    lost_to_all: bool = False
    lacks_method: int = 405
    request_id_headers: tuple[str, ...] = ("x-openstack-request-id",)
    vary: str = ""
    legacy: str = ""
    lenient: bool = False

    def before(self) -> Service | None:
        """Return the service as its older version, if it has one."""
        return msgspec.structs.replace(self, version=self.legacy, legacy="", lenient=True) if self.legacy else None


class Offer:
    """What one method on one path offers: its routes, and what is true of all of them."""

    __slots__ = ("actions", "public", "raw", "routes")

    def __init__(self) -> None:
        """Start without a route."""
        self.routes: list[Route] = []
        self.actions: set[str] = set()
        self.public = True
        self.raw = True

    def add(self, route: Route) -> None:
        """Take one more route."""
        self.routes.append(route)
        self.public &= route.public
        self.raw &= route.raw
        if route.action:
            self.actions.add(route.action)


class Node:
    """A step of the trie: literal children, one named child, and what the path that ends here offers by method."""

    __slots__ = ("children", "name", "named", "offers")

    def __init__(self) -> None:
        """Start empty."""
        self.children: dict[str, Node] = {}
        self.name = ""
        self.named: Node | None = None
        self.offers: dict[str, Offer] = {}


class Router:
    """A trie over one service's routes: a dictionary step for each path segment."""

    def __init__(self, service: Service) -> None:
        """Build the trie; two routes that answer the same request stop the start."""
        self.service = service
        self._root = Node()
        for route in service.routes:
            path = route.path if route.unversioned else service.version + route.path
            self._add(path, route)

    def _add(self, path: str, route: Route) -> None:
        node = self._root
        for part in _parts(path):
            if part.startswith("{"):
                node.named = node.named or Node()
                name = part[1:-1]
                if node.name not in ("", name):
                    raise ValueError(f"{route.path}: {{{name}}} is called {{{node.name}}} in another route")
                node.name, node = name, node.named
            else:
                node = node.children.setdefault(part, Node())
        node.offers.setdefault(route.method, Offer()).add(route)

    def find(self, path: str) -> tuple[dict[str, Offer], dict[str, str]] | None:
        """Return the routes of a path (below the service's root) by method, and the names in it; None if unknown."""
        parts = _parts(path)
        if self.service.exact and len(parts) > 1 and path.endswith("/"):
            return None  # a client that lost an id would take the list for the object
        found = self._walk(parts)
        if found is None and self.service.project_in_path and len(parts) > 2:
            found = self._walk([parts[0], *parts[2:]])
            if found is not None:
                found[1]["project_id"] = parts[1]
        return found

    def _walk(self, parts: list[str]) -> tuple[dict[str, Offer], dict[str, str]] | None:
        node = self._root
        params: dict[str, str] = {}
        for part in parts:
            child = node.children.get(part)
            if child is None:
                if node.named is None:
                    return None
                params[node.name] = part
                child = node.named
            node = child
        return (node.offers, params) if node.offers else None


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part]


def choose(routes: Iterable[Route], version: int, action: str = "") -> Route | None:
    """Pick the route that exists at this microversion (and answers this action)."""
    return next((route for route in routes if route.action == action and route.speaks(version)), None)
