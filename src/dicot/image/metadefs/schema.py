"""Schemas of metadata definitions, as data: clients read them before they ask for the (empty) lists."""

from __future__ import annotations

from typing import Any

from dicot.image.images.schema import collection

Json = dict[str, Any]

_NAMED: Json = {"type": "object", "properties": {"name": {"type": "string"}}}


def _text(description: str, most: int) -> Json:
    return {"type": "string", "description": description, "maxLength": most}


def _moment(description: str) -> Json:
    return {"type": "string", "readOnly": True, "description": description, "format": "date-time"}


_LINK: Json = {"type": "string", "readOnly": True}

NAMESPACE: Json = {
    "name": "namespace",
    "properties": {
        "namespace": _text("The unique namespace text.", 80),
        "display_name": _text("The name that user interfaces show.", 80),
        "description": _text("What the namespace is for.", 500),
        "visibility": {"type": "string", "description": "Who may see it.", "enum": ["public", "private"]},
        "protected": {"type": "boolean", "description": "If true, the namespace cannot be deleted."},
        "owner": _text("Owner of the namespace.", 255),
        "created_at": _moment("When the namespace was made."),
        "updated_at": _moment("When the namespace was last changed."),
        "schema": _LINK,
        "self": _LINK,
        "resource_type_associations": {"type": "array", "items": _NAMED},
        "properties": {"type": "object"},
        "objects": {"type": "array", "items": _NAMED},
        "tags": {"type": "array", "items": _NAMED},
    },
    "additionalProperties": False,
    "required": ["namespace"],
}

RESOURCE_TYPE: Json = {
    "name": "resource_type_association",
    "properties": {
        "name": _text("The name of the resource type, as Heat spells it.", 80),
        "prefix": _text("What stands before the names of properties on this resource type.", 80),
        "properties_target": _text("Which of several sets of properties of the resource is meant.", 80),
        "created_at": _moment("When the association was made."),
        "updated_at": _moment("When the association was last changed."),
    },
    "additionalProperties": False,
    "required": ["name"],
}

SCHEMAS: dict[str, Json] = {
    "namespace": NAMESPACE,
    "namespaces": collection("namespaces", NAMESPACE),
    "resource_type": RESOURCE_TYPE,
    "resource_types": collection("resource_type_associations", RESOURCE_TYPE),
}
