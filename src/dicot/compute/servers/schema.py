"""What the newest microversion accepts of servers, as data. What older ones accepted is in `changes`.

The order of properties is Nova's, because the first fault in that order is the one a client hears of.
"""

from __future__ import annotations

from typing import Any

from dicot.compute import parameters as p

Json = dict[str, Any]

USER_DATA_MAX = 65535


def _object(properties: Json, *required: str, more: bool = False) -> Json:
    needed: Json = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, **needed, "additionalProperties": more}


BLOCK_DEVICE_V1 = _object(
    {
        "virtual_name": {"type": "string", "maxLength": 255},
        "volume_id": p.UUID,
        "snapshot_id": p.UUID,
        "volume_size": p.VOLUME_SIZE,
        "device_name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._/-]*$"},
        "delete_on_termination": p.BOOLEAN,
        "no_device": {},
        "connection_info": {"type": "string", "maxLength": 16777215},
    }
)
BLOCK_DEVICE_V2 = _object(
    {
        **BLOCK_DEVICE_V1["properties"],
        "source_type": {"type": "string", "enum": ["volume", "image", "snapshot", "blank"]},
        "uuid": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[a-zA-Z0-9._-]*$"},
        "image_id": p.UUID,
        "destination_type": {"type": "string", "enum": ["local", "volume"]},
        "guest_format": {"type": "string", "maxLength": 255},
        "device_type": {"type": "string", "maxLength": 255},
        "disk_bus": {"type": "string", "maxLength": 255},
        "boot_index": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$"},
        "tag": p.TAG,
        "volume_type": {"type": ["string", "null"], "minLength": 0, "maxLength": 255},
    }
)
HINTS = _object(
    {
        "group": {"oneOf": [{"type": "array", "items": p.UUID}, p.UUID]},
        "different_host": {"oneOf": [p.UUID, {"type": "array", "items": p.UUID}]},
        "same_host": {"type": ["string", "array"], "items": p.UUID},
        "query": {"type": ["string", "object"]},
        "target_cell": p.NAME,
        "different_cell": {"type": ["string", "array"], "items": {"type": "string"}},
        "build_near_host_ip": p.IP_ADDRESS,
        "cidr": {"type": "string", "pattern": "^/[0-9a-f.:]+$"},
    },
    more=True,
)
NETWORK = _object(
    {
        "fixed_ip": p.IP_ADDRESS,
        "port": {"type": ["string", "null"], "format": "uuid"},
        "uuid": p.UUID,
        "tag": p.TAG,
    }
)
PERSONALITY: Json = {
    "type": "array",
    "items": _object({"path": {"type": "string"}, "contents": {"type": "string", "format": "base64"}}),
}
TRUSTED_CERTIFICATES: Json = {
    "type": ["array", "null"],
    "minItems": 1,
    "maxItems": 50,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1},
}

CREATE = _object(
    {
        "server": _object(
            {
                "name": p.NAME,
                "imageRef": p.UUID_OR_EMPTY,
                "flavorRef": {"type": ["string", "integer"], "minLength": 1},
                "adminPass": {"type": "string"},
                "metadata": p.METADATA,
                "networks": {
                    "oneOf": [{"type": "array", "items": NETWORK}, {"type": "string", "enum": ["none", "auto"]}],
                },
                "OS-DCF:diskConfig": p.DISK_CONFIG,
                "accessIPv4": p.IPV4,
                "accessIPv6": p.IPV6,
                "availability_zone": p.NAME,
                "block_device_mapping": {"type": "array", "items": BLOCK_DEVICE_V1},
                "block_device_mapping_v2": {"type": "array", "items": BLOCK_DEVICE_V2},
                "config_drive": p.BOOLEAN,
                "key_name": p.NAME,
                "min_count": p.POSITIVE_INTEGER,
                "max_count": p.POSITIVE_INTEGER,
                "return_reservation_id": p.BOOLEAN,
                "security_groups": {"type": "array", "items": _object({"name": p.NAME})},
                "user_data": {"type": "string", "format": "base64", "maxLength": USER_DATA_MAX},
                "description": p.DESCRIPTION,
                "tags": {"type": "array", "items": p.TAG, "maxItems": p.TAGS_MAX},
                "trusted_image_certificates": TRUSTED_CERTIFICATES,
                "host": p.DOMAIN_NAME,
                "hypervisor_hostname": p.DOMAIN_NAME,
                "hostname": p.DOMAIN_NAME,
            },
            "name",
            "flavorRef",
            "networks",
        ),
        "os:scheduler_hints": HINTS,
        "OS-SCH-HNT:scheduler_hints": HINTS,
    },
    "server",
)

UPDATE = _object(
    {
        "server": _object(
            {
                "name": p.NAME,
                "OS-DCF:diskConfig": p.DISK_CONFIG,
                "accessIPv4": p.IPV4,
                "accessIPv6": p.IPV6,
                "description": p.DESCRIPTION,
                "hostname": p.DOMAIN_NAME,
                "pinned_availability_zone": p.NAME_OR_NONE,
            }
        ),
    },
    "server",
)

SORT_KEYS = p.words(
    "access_ip_v4 access_ip_v6 auto_disk_config availability_zone config_drive created_at display_description "
    "display_name host hostname image_ref instance_type_id kernel_id key_name launch_index launched_at locked_by node "
    "power_state progress project_id ramdisk_id root_device_name task_state terminated_at updated_at user_id uuid "
    "vm_state"
)
IGNORED_SORT_KEYS = p.words(
    "architecture cell_name cleaned default_ephemeral_device default_swap_device deleted deleted_at disable_terminate "
    "ephemeral_gb ephemeral_key_uuid id key_data launched_on locked memory_mb os_type reservation_id root_gb "
    "shutdown_terminate user_data vcpus vm_mode"
)
"""Accepted before 2.75 and without effect; from 2.73 on, `locked` sorts."""

JOINED = p.words("block_device_mapping services metadata system_metadata info_cache security_groups pci_devices")
"""Names of Nova's tables, which must not be filtered by: refused by name after the schema."""

_EXACT = p.words(
    "user_id project_id tenant_id launch_index image_ref image vm_state task_state host uuid sort_dir all_tenants "
    "soft_deleted deleted status"
)
_REGEXES = p.words(
    "kernel_id ramdisk_id hostname key_name power_state node flavor reservation_id launched_at terminated_at "
    "availability_zone name display_name description display_description locked_by root_device_name config_drive "
    "access_ip_v4 access_ip_v6 auto_disk_config progress ip ip6 created_at"
)
TAG_FILTERS = ("tags", "tags-any", "not-tags", "not-tags-any")


def sort_key(*keys: str) -> Json:
    """Describe the query key `sort_key` with these values."""
    return p.several({"type": "string", "enum": list(keys)})


INDEX: Json = {
    "type": "object",
    "properties": {
        **dict.fromkeys(_EXACT, p.TEXTS),
        **dict.fromkeys(_REGEXES, p.REGEXES),
        "sort_key": sort_key("locked", *SORT_KEYS),
        "changes-since": p.TIMES,
        **dict.fromkeys(JOINED, p.TEXTS),
        "limit": p.several(p.NON_NEGATIVE_INTEGER),
        "marker": p.TEXTS,
        **dict.fromkeys(TAG_FILTERS, p.REGEXES),
        "changes-before": p.TIMES,
        "locked": p.TEXTS,
    },
    "additionalProperties": False,
    "patternProperties": {"^_": p.TEXTS},
}


def _bare(action: str) -> Json:
    return _object({action: {}}, action)


def _group(action: str) -> Json:
    return _object({action: _object({"name": {"type": "string", "minLength": 1}}, "name")}, action, more=True)


START, STOP = _bare("os-start"), _bare("os-stop")
REBOOT = _object(
    {
        "reboot": _object(
            {"type": {"type": "string", "enum": ["HARD", "Hard", "hard", "SOFT", "Soft", "soft"]}}, "type"
        ),
    },
    "reboot",
)
PAUSE, UNPAUSE = _bare("pause"), _bare("unpause")
LOCK = _object(
    {
        "lock": {
            "type": ["object", "null"],
            "properties": {"locked_reason": {"type": "string", "minLength": 1, "maxLength": 255}},
            "additionalProperties": False,
        },
    },
    "lock",
)
UNLOCK = _bare("unlock")
FORCE_DELETE = _bare("forceDelete")
RESIZE = _object(
    {
        "resize": _object(
            {"flavorRef": {"type": ["string", "integer"], "minLength": 1}, "OS-DCF:diskConfig": p.DISK_CONFIG},
            "flavorRef",
        ),
    },
    "resize",
)
CONFIRM_RESIZE, REVERT_RESIZE = _bare("confirmResize"), _bare("revertResize")
SHELVE, SHELVE_OFFLOAD = _bare("shelve"), _bare("shelveOffload")
UNSHELVE = _object(
    {
        "unshelve": {
            **_object({"availability_zone": {"type": ["string", "null"]}, "host": {"type": "string"}}),
            "type": ["object", "null"],
        },
    },
    "unshelve",
)
UNSHELVE_TO_ZONE = _object(
    {"unshelve": {**_object({"availability_zone": p.NAME}, "availability_zone"), "type": ["object", "null"]}},
    "unshelve",
)
"""Before 2.91."""
UNSHELVE_ANYWHERE = _bare("unshelve")
"""Before 2.77."""
RESCUE = _object(
    {
        "rescue": {
            **_object({"adminPass": {"type": "string"}, "rescue_image_ref": p.UUID}),
            "type": ["object", "null"],
        },
    },
    "rescue",
)
UNRESCUE = _bare("unrescue")
GET_CONSOLE_OUTPUT = _object(
    {
        "os-getConsoleOutput": _object(
            {"length": {"type": ["integer", "string", "null"], "pattern": "^-?[0-9]+$", "minimum": -1}}
        ),
    },
    "os-getConsoleOutput",
)
ADD_SECURITY_GROUP, REMOVE_SECURITY_GROUP = _group("addSecurityGroup"), _group("removeSecurityGroup")


def _floating_ip(action: str, **more: Json) -> Json:
    return _object({action: _object({"address": p.IP_ADDRESS, **more}, "address")}, action)


ADD_FLOATING_IP = _floating_ip("addFloatingIp", fixed_address=p.IP_ADDRESS)
REMOVE_FLOATING_IP = _floating_ip("removeFloatingIp")
