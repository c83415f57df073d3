"""OpenStack -> Kubernetes for users. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import USERS

Json = dict[str, Any]


def object_name(noun: str, domain_id: str, name: str) -> str:
    """Return the object name of a new user or group: readable, and the same for two who create it at once."""
    return f"{names.slug(name)}-{names.derived_hex(noun, domain_id, name)[:8]}"


def user(user_id: str, spec: Json) -> Json:
    """Return the User object; its password's hash lives elsewhere."""
    return {
        "apiVersion": USERS.api_version,
        "kind": USERS.kind,
        "metadata": {
            "name": object_name("user", spec["domainId"], spec["name"]),
            "labels": {**names.MANAGED_BY, names.id_label("user"): user_id},
        },
        "spec": spec,
    }


_FIELDS = {
    "name": "name",
    "description": "description",
    "email": "email",
    "enabled": "enabled",
    "default_project_id": "defaultProjectId",
    "options": "options",
}


def spec(body: Json, known: frozenset[str]) -> Json:
    """Return the part of a User's spec that a body sets; a null in it removes the field when patched."""
    found = {field: body[key] for key, field in _FIELDS.items() if key in body}
    added = {key: value for key, value in body.items() if key not in known}
    if added:
        found["extra"] = added
    return found


def without_nulls(spec: Json) -> Json:
    """Return a spec fit for a new object, where a null means absent."""
    return {key: value for key, value in spec.items() if value is not None}
