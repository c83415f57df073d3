"""A server's addresses: of its ports, and of the floating IPs that lead to them."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.server_ips import handlers
from dicot.compute.server_ips.changes import HISTORY

__all__ = ["ROUTES"]

_POLICY = "os_compute_api:ips"

ROUTES = (
    Route(
        method="GET",
        path="/servers/{server_id}/ips",
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        history=HISTORY,
        query="index",
    ),
    Route(
        method="GET",
        path="/servers/{server_id}/ips/{label}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
    ),
)
