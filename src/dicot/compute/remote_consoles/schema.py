"""What the newest version accepts about remote consoles, and what the actions before it accepted."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PROTOCOLS = ("vnc", "spice", "serial", "rdp", "mks")
TYPES = ("novnc", "xvpvnc", "spice-html5", "serial", "rdp-html5", "webmks", "spice-direct")


def _wrapped(key: str, properties: Json) -> Json:
    inner = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


def _chosen(*values: str) -> Json:
    return {"type": "string", "enum": list(values)}


CREATE = _wrapped("remote_console", {"protocol": _chosen(*PROTOCOLS), "type": _chosen(*TYPES)})
GET_VNC_CONSOLE = _wrapped("os-getVNCConsole", {"type": _chosen("novnc", "xvpvnc")})
GET_SPICE_CONSOLE = _wrapped("os-getSPICEConsole", {"type": _chosen("spice-html5")})
GET_SERIAL_CONSOLE = _wrapped("os-getSerialConsole", {"type": _chosen("serial")})
