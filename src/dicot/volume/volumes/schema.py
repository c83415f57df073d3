"""What the newest microversion accepts of volumes and their actions, as data."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

TEXT: Json = {"type": ["string", "null"], "minLength": 0, "maxLength": 255}
UUID: Json = {"type": "string", "format": "uuid"}
OPTIONAL_UUID: Json = {"oneOf": [{"type": "null"}, UUID]}
BOOLEAN: Json = {
    "type": ["boolean", "string"],
    "enum": [
        *(True, "True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes", "y", "t"),
        *(False, "False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no", "n", "f"),
    ],
}
SIZE: Json = {"type": ["integer", "string"], "pattern": "^[0-9]+$", "minimum": 1, "maximum": 0x7FFFFFFF}
METADATA: Json = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "maxLength": 255}},
    "additionalProperties": False,
}
IMAGE_METADATA: Json = {
    "type": "object",
    "patternProperties": {"^[a-zA-Z0-9-_:. /]{1,255}$": {"type": "string", "maxLength": 65535}},
    "additionalProperties": False,
}
METADATA_OR_NULL: Json = {**METADATA, "type": ["object", "null"]}

_NAMED: Json = {"name": TEXT, "description": TEXT, "display_name": TEXT, "display_description": TEXT}

CREATE: Json = {
    "type": "object",
    "properties": {
        "volume": {
            "type": "object",
            "properties": {
                **_NAMED,
                "volume_type": TEXT,
                "metadata": METADATA_OR_NULL,
                "snapshot_id": OPTIONAL_UUID,
                "source_volid": OPTIONAL_UUID,
                "consistencygroup_id": OPTIONAL_UUID,
                "size": {**SIZE, "type": ["integer", "string", "null"]},
                "availability_zone": {"type": ["string", "null"], "minLength": 1, "maxLength": 255},
                "multiattach": {**BOOLEAN, "type": ["boolean", "string", "null"], "enum": [*BOOLEAN["enum"], None]},
                "image_id": TEXT,
                "imageRef": TEXT,
                "group_id": TEXT,
                "backup_id": OPTIONAL_UUID,
            },
            "additionalProperties": False,
        },
        "OS-SCH-HNT:scheduler_hints": {"type": ["object", "null"]},
    },
    "required": ["volume"],
    "additionalProperties": False,
}

UPDATE: Json = {
    "type": "object",
    "properties": {
        "volume": {
            "type": "object",
            "properties": {**_NAMED, "metadata": METADATA},
            "additionalProperties": False,
            "anyOf": [{"required": [name]} for name in (*_NAMED, "metadata")],
        },
    },
    "required": ["volume"],
    "additionalProperties": False,
}


def one(key: str, schema: Json) -> Json:
    """Accept an object of one key."""
    return {"type": "object", "properties": {key: schema}, "required": [key], "additionalProperties": False}


def fields(required: tuple[str, ...], **properties: Json) -> Json:
    """Accept an object of these properties."""
    wanted: Json = {"required": list(required)} if required else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **wanted}


METADATA_BODY = one("metadata", METADATA)
META_BODY = one("meta", METADATA)

EXTEND = one("os-extend", fields(("new_size",), new_size=SIZE))
SET_BOOTABLE = one("os-set_bootable", fields(("bootable",), bootable=BOOLEAN))
READONLY = one("os-update_readonly_flag", fields(("readonly",), readonly=BOOLEAN))
RETYPE = one(
    "os-retype",
    fields(
        ("new_type",),
        new_type={"type": "string"},
        migration_policy={"type": ["string", "null"], "enum": ["on-demand", "never", None]},
    ),
)
_STATE: Json = {"type": ["string", "null"], "maxLength": 255}
RESET_STATUS = one(
    "os-reset_status",
    {
        **fields((), status=_STATE, attach_status=_STATE, migration_status=_STATE),
        "anyOf": [{"required": [name]} for name in ("status", "attach_status", "migration_status")],
    },
)
UPLOAD_IMAGE = one(
    "os-volume_upload_image",
    fields(
        ("image_name",),
        image_name={"type": "string", "minLength": 1, "maxLength": 255},
        force=BOOLEAN,
        disk_format={"type": "string", "enum": ["raw", "vmdk", "vdi", "qcow2", "vhd", "vhdx", "ploop"]},
        container_format={"type": "string", "minLength": 0, "maxLength": 255},
        visibility={"type": "string", "enum": ["community", "public", "private", "shared"]},
        protected=BOOLEAN,
    ),
)
FORCE_DELETE = one("os-force_delete", {})
SHOW_IMAGE_METADATA = one("os-show_image_metadata", {})
SET_IMAGE_METADATA = one("os-set_image_metadata", fields(("metadata",), metadata=IMAGE_METADATA))
UNSET_IMAGE_METADATA = one("os-unset_image_metadata", fields(("key",), key={"type": "string", "minLength": 1}))
