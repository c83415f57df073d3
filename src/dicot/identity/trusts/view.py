"""Kubernetes -> OpenStack for trusts. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def brief(obj: Json, url: str) -> Json:
    """Show a trust as lists do: without its roles. `url` is where trusts are found."""
    spec, trust_id = obj["spec"], names.identity_of(obj, "trust")
    return {
        "id": trust_id,
        "trustor_user_id": spec["trustorUserId"],
        "trustee_user_id": spec["trusteeUserId"],
        "project_id": spec.get("projectId"),
        "impersonation": spec["impersonation"],
        "deleted_at": None,
        "expires_at": spec.get("expiresAt"),
        "remaining_uses": spec.get("remainingUses"),
        "redelegated_trust_id": spec.get("redelegatedTrustId"),
        "redelegation_count": spec.get("redelegationCount", 0),
        "links": {"self": f"{url}/{trust_id}"},
    }


def trust(obj: Json, roles: list[Json], url: str) -> Json:
    """Show a trust with its roles."""
    shown = brief(obj, url)
    return {**shown, "roles": roles, "roles_links": roles_links(shown["links"]["self"])}


def roles_links(url: str) -> Json:
    """Return the links around the roles of a trust."""
    return {"self": f"{url}/roles", "next": None, "previous": None}
