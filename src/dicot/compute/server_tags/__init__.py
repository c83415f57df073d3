"""A server's tags: annotation `dicot.io/tags` of its VirtualMachine, a JSON list of texts."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.server_tags import handlers
from dicot.compute.server_tags.changes import HISTORY

__all__ = ["ROUTES"]

_ALL = "/servers/{server_id}/tags"
_ONE = "/servers/{server_id}/tags/{tag}"
_POLICY = "os_compute_api:os-server-tags"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=handlers.index,
        since="2.26",
        policy=f"{_POLICY}:index",
        history=HISTORY,
        query="index",
    ),
    Route(
        method="PUT",
        path=_ALL,
        handler=handlers.update_all,
        since="2.26",
        policy=f"{_POLICY}:update_all",
        history=HISTORY,
        body="update_all",
    ),
    Route(method="DELETE", path=_ALL, handler=handlers.delete_all, since="2.26", policy=f"{_POLICY}:delete_all"),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        since="2.26",
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
    ),
    Route(method="PUT", path=_ONE, handler=handlers.update, since="2.26", policy=f"{_POLICY}:update", raw=True),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, since="2.26", policy=f"{_POLICY}:delete"),
)
