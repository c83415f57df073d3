"""A server's security groups: those of its ports. The actions that change them are routes of servers."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.server_security_groups import handlers
from dicot.compute.server_security_groups.changes import HISTORY

__all__ = ["ROUTES"]

ROUTES = (
    Route(
        method="GET",
        path="/servers/{server_id}/os-security-groups",
        handler=handlers.index,
        policy="os_compute_api:os-security-groups:list",
        history=HISTORY,
        query="index",
    ),
)
