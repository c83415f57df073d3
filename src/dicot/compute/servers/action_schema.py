"""What the newest microversion accepts of the actions that make images, move servers, or are refused; older ones too.

What older microversions accepted stands beside, where it is more than a key less.
"""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p
from dicot.compute.servers.schema import TRUSTED_CERTIFICATES

Json = dict[str, Any]


def _object(properties: Json, *required: str) -> Json:
    needed: Json = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": False}


def _action(name: str, value: Json) -> Json:
    return _object({name: value}, name)


ADMIN_PASSWORD: Json = {"type": "string"}
HOST_OR_NONE: Json = {**p.DOMAIN_NAME, "type": ["string", "null"]}
BLOCK_MIGRATION: Json = {**p.BOOLEAN, "enum": [*p.BOOLEAN["enum"], "auto"]}

CREATE_IMAGE = _action("createImage", _object({"name": p.NAME, "metadata": p.METADATA}, "name"))
CREATE_BACKUP = _action(
    "createBackup",
    _object(
        {
            "name": p.NAME,
            "backup_type": {"type": "string"},
            "rotation": p.NON_NEGATIVE_INTEGER,
            "metadata": p.METADATA,
        },
        "name",
        "backup_type",
        "rotation",
    ),
)
REBUILD = _action(
    "rebuild",
    _object(
        {
            "name": p.NAME,
            "imageRef": p.UUID,
            "adminPass": ADMIN_PASSWORD,
            "metadata": p.METADATA,
            "preserve_ephemeral": p.BOOLEAN,
            "OS-DCF:diskConfig": p.DISK_CONFIG,
            "accessIPv4": p.IPV4,
            "accessIPv6": p.IPV6,
            "description": p.DESCRIPTION,
            "key_name": p.NAME_OR_NONE,
            "user_data": {"type": ["string", "null"], "format": "base64", "maxLength": 65535},
            "trusted_image_certificates": TRUSTED_CERTIFICATES,
            "hostname": p.DOMAIN_NAME,
        },
        "imageRef",
    ),
)
MIGRATE = _action("migrate", {**_object({"host": HOST_OR_NONE}), "type": ["object", "null"]})
MIGRATE_LIVE = _action(
    "os-migrateLive",
    _object({"block_migration": BLOCK_MIGRATION, "host": HOST_OR_NONE}, "block_migration", "host"),
)
MIGRATE_LIVE_SAID_IN_FULL = _action(
    "os-migrateLive",
    _object(
        {"block_migration": p.BOOLEAN, "disk_over_commit": p.BOOLEAN, "host": HOST_OR_NONE},
        "block_migration",
        "disk_over_commit",
        "host",
    ),
)
"""Before 2.25."""
EVACUATE = _action("evacuate", _object({"host": p.DOMAIN_NAME, "adminPass": ADMIN_PASSWORD}))
EVACUATE_SAID_IN_FULL = _action(
    "evacuate",
    _object({"host": p.DOMAIN_NAME, "onSharedStorage": p.BOOLEAN, "adminPass": ADMIN_PASSWORD}, "onSharedStorage"),
)
"""Before 2.14."""
RESET_STATE = _action("os-resetState", _object({"state": {"type": "string", "enum": ["active", "error"]}}, "state"))
CHANGE_PASSWORD = _action("changePassword", _object({"adminPass": ADMIN_PASSWORD}, "adminPass"))
TRIGGER_CRASH_DUMP = _action("trigger_crash_dump", {"type": "null"})
SUSPEND, RESUME, RESTORE = _action("suspend", {}), _action("resume", {}), _action("restore", {})
INJECT_NETWORK_INFO = _action("injectNetworkInfo", {})
ADD_FIXED_IP = _action(
    "addFixedIp",
    _object({"networkId": {"type": ["string", "number"], "minLength": 1, "maxLength": 36}}, "networkId"),
)
REMOVE_FIXED_IP = _action("removeFixedIp", _object({"address": p.IP_ADDRESS}, "address"))
