"""A server's metadata: annotation `dicot.io/metadata` of its VirtualMachine, a JSON object of texts."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.server_metadata import handlers
from dicot.compute.server_metadata.changes import HISTORY

__all__ = ["ROUTES"]

_ALL = "/servers/{server_id}/metadata"
_ONE = "/servers/{server_id}/metadata/{key}"
_POLICY = "os_compute_api:server-metadata"

ROUTES = (
    Route(method="GET", path=_ALL, handler=handlers.index, policy=f"{_POLICY}:index", history=HISTORY, query="index"),
    Route(
        method="POST", path=_ALL, handler=handlers.create, policy=f"{_POLICY}:create", history=HISTORY, body="create"
    ),
    Route(
        method="PUT",
        path=_ALL,
        handler=handlers.update_all,
        policy=f"{_POLICY}:update_all",
        history=HISTORY,
        body="update_all",
    ),
    Route(method="GET", path=_ONE, handler=handlers.show, policy=f"{_POLICY}:show", history=HISTORY, query="show"),
    Route(method="PUT", path=_ONE, handler=handlers.update, policy=f"{_POLICY}:update", history=HISTORY, body="update"),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy=f"{_POLICY}:delete", history=HISTORY),
)
