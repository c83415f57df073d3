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
