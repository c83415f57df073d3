"""Images as old clients ask Nova for them, before 2.36: Glance's images in Nova's words."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import History
from dicot.api.route import Handler, Route
from dicot.compute import parameters as p
from dicot.compute.images import handlers

Json = dict[str, Any]

_UNTIL = "2.35"
_COUNT = p.several(p.POSITIVE_INTEGER)
_INDEX: Json = {
    "type": "object",
    "properties": {
        **{key: Json() for key in ("name", "status", "changes-since", "server", "type", "minRam", "minDisk")},
        "limit": _COUNT,
        "page_size": _COUNT,
        "marker": {},
        "offset": _COUNT,
    },
    "patternProperties": {"^property-.*$": {}},
    "additionalProperties": True,
}
HISTORY = History({"index": _INDEX, "show": p.ANY_QUERY})


def _route(path: str, handler: Handler, query: str, method: str = "GET") -> Route:
    return Route(
        method=method,
        path=f"/images{path}",
        handler=handler,
        policy="os_compute_api:images",
        until=_UNTIL,
        history=HISTORY,
        query=query,
    )


ROUTES = (
    _route("", handlers.index, "index"),
    _route("/detail", handlers.detail, "index"),
    _route("/{image_id}", handlers.show, "show"),
    _route("/{image_id}", handlers.delete, "", "DELETE"),
)
