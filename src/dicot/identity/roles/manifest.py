"""OpenStack -> Kubernetes for roles. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import IDENTITY_ROLES

Json = dict[str, Any]


def role(role_id: str, spec: Json) -> Json:
    """Return the IdentityRole object; two who make one role at once want one object name."""
    return {
        "apiVersion": IDENTITY_ROLES.api_version,
        "kind": IDENTITY_ROLES.kind,
        "metadata": {
            "name": f"{names.slug(spec['name'])}-{names.derived_hex('role', spec['name'])[:8]}",
            "labels": {**names.MANAGED_BY, names.id_label("role"): role_id},
        },
        "spec": spec,
    }


def spec(body: Json, known: frozenset[str]) -> Json:
    """Return the part of a role's spec that a body sets; a null in it removes the field when patched."""
    found = {key: body[key] for key in ("name", "description", "options") if key in body}
    added = {key: value for key, value in body.items() if key not in known}
    if added:
        found["extra"] = added
    return found
