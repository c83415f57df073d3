"""Kubernetes -> OpenStack for application credentials. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.roles.view import brief

Json = dict[str, Any]

__all__ = ["application_credential", "brief"]


def application_credential(obj: Json, roles: list[Json], allowed: list[Json], url: str) -> Json:
    """Show a credential without its secret; `url` is where Keystone says that credentials are found."""
    spec, credential_id = obj["spec"], names.identity_of(obj, "application-credential")
    expires_at = spec.get("expiresAt")
    return {
        "id": credential_id,
        "name": spec["name"],
        "description": spec.get("description"),
        "user_id": spec["userId"],
        "project_id": spec["projectId"],
        "system": None,
        "expires_at": expires_at.rstrip("Z") if expires_at else None,
        "unrestricted": spec.get("unrestricted"),
        "roles": roles,
        **({"access_rules": allowed} if "accessRules" in spec else {}),
        "links": {"self": f"{url}/{credential_id}"},
    }
