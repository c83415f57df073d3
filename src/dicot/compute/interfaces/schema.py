"""What the newest microversion accepts of a server's network interfaces, as data."""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

CREATE: Json = {
    "type": "object",
    "properties": {
        "interfaceAttachment": {
            "type": "object",
            "properties": {
                "net_id": p.UUID,
                "port_id": p.UUID,
                "fixed_ips": {
                    "type": "array",
                    "minItems": 1,
                    "maxItems": 1,
                    "items": {
                        "type": "object",
                        "properties": {"ip_address": p.IP_ADDRESS},
                        "required": ["ip_address"],
                        "additionalProperties": False,
                    },
                },
                "tag": p.TAG,
            },
            "additionalProperties": False,
        },
    },
    "additionalProperties": False,
}
