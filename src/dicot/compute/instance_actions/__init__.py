"""What was done to a server: annotation `dicot.io/actions` of its VirtualMachine, the last twenty."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.instance_actions import handlers
from dicot.compute.instance_actions.changes import HISTORY

__all__ = ["ROUTES"]

_ALL = "/servers/{server_id}/os-instance-actions"
_POLICY = "os_compute_api:os-instance-actions"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=handlers.index,
        policy=f"{_POLICY}:list",
        history=HISTORY,
        query="index",
        view="listed",
        key="instanceActions",
    ),
    Route(
        method="GET",
        path=f"{_ALL}/{{request_id}}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
        view="shown",
        key="instanceAction",
    ),
)
