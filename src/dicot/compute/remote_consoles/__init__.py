"""Links to a server's screen and serial console: KubeVirt's `vnc` and `console` of its VirtualMachineInstance.

| Remote console | Kubernetes |
|---|---|
| protocol vnc, type novnc | subresource `virtualmachineinstances/vnc` |
| protocol serial, type serial | subresource `virtualmachineinstances/console` |
| spice, mks, rdp; xvpvnc | none: refused as Nova does where they are switched off |
| url | this Dicot, with a sealed token (`link`); `dicot.console` serves it |
"""

from __future__ import annotations

from dicot.api.route import Handler, Route
from dicot.compute.remote_consoles import handlers
from dicot.compute.remote_consoles.changes import HISTORY

__all__ = ["ROUTES"]

_POLICY = "os_compute_api:os-remote-consoles"


def _action(key: str, handler: Handler, body: str) -> Route:
    return Route(
        method="POST",
        path="/servers/{server_id}/action",
        handler=handler,
        action=key,
        policy=_POLICY,
        history=HISTORY,
        body=body,
        until="2.5",
    )


ROUTES = (
    Route(
        method="POST",
        path="/servers/{server_id}/remote-consoles",
        handler=handlers.create,
        policy=_POLICY,
        history=HISTORY,
        body="create",
        since="2.6",
    ),
    _action("os-getVNCConsole", handlers.get_vnc_console, "get_vnc_console"),
    _action("os-getSerialConsole", handlers.get_serial_console, "get_serial_console"),
    _action("os-getSPICEConsole", handlers.get_spice_console, "get_spice_console"),
    _action("os-getRDPConsole", handlers.get_rdp_console, ""),
)
