"""Every microversion that changed remote consoles, newest first.

Contracts of requests: `create`, and those of the actions before 2.6: `get_vnc_console`, `get_serial_console`,
`get_spice_console`.
"""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, History
from dicot.compute.remote_consoles import schema

Json = dict[str, Any]


def _console(body: Json) -> Json:
    return body["properties"]["remote_console"]["properties"]


def _no_spice_direct(body: Json) -> None:
    _console(body)["type"]["enum"].remove("spice-direct")


def _no_mks(body: Json) -> None:
    _console(body)["protocol"]["enum"].remove("mks")
    _console(body)["type"]["enum"].remove("webmks")


HISTORY = History(
    {
        "create": schema.CREATE,
        "get_vnc_console": schema.GET_VNC_CONSOLE,
        "get_serial_console": schema.GET_SERIAL_CONSOLE,
        "get_spice_console": schema.GET_SPICE_CONSOLE,
    },
    Change("2.99", "SPICE without a web page.", create=_no_spice_direct),
    Change("2.8", "MKS consoles.", create=_no_mks),
)
