"""Pieces that several of Keystone's schemas share, as data."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

ID: Json = {"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[a-zA-Z0-9-]+$"}
ID_OR_NULL: Json = {**ID, "type": ["string", "null"]}
FLAG: Json = {"type": "boolean"}
TEXT_OR_NULL: Json = {"type": ["string", "null"]}
ROLE: Json = {
    "type": "object",
    "properties": {"id": ID, "name": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"[\S]+"}},
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": False,
}
"""A role as new trusts and application credentials name it."""
IMMUTABLE: Json = {
    "type": "object",
    "properties": {"immutable": {"type": ["boolean", "null"]}},
    "additionalProperties": False,
}
NO_OPTIONS: Json = {"type": "object", "maxProperties": 0}
"""Of projects and domains: what Keystone has (`immutable`) would have to hold against kubectl, too."""


def name(most: int) -> Json:
    """Return the schema of a name: something that is not blank."""
    return {"type": "string", "minLength": 1, "maxLength": most, "pattern": r"[\S]+"}


def wrapped(key: str, inner: Json) -> Json:
    """Return the schema of a body that holds one object under its name, and nothing else."""
    return {"type": "object", "properties": {key: inner}, "required": [key], "additionalProperties": False}


def create(properties: Json, *required: str) -> Json:
    """Return the schema of a new object: more attributes are welcome, as in Keystone."""
    return {"type": "object", "properties": properties, "required": list(required), "additionalProperties": True}


def update(properties: Json) -> Json:
    """Return the schema of a change: at least one attribute."""
    return {"type": "object", "properties": properties, "minProperties": 1, "additionalProperties": True}
