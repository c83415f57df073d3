"""Roles as Keystone shows them. Pure."""

from __future__ import annotations

from typing import Any

from dicot.identity import grants

Json = dict[str, Any]


def brief(role: str, obj: Json | None) -> Json:
    """Show a role without its link, as it stands inside other objects; `obj` is absent of a built-in one."""
    if obj is None:
        return {
            "id": grants.role_id(role),
            "name": role,
            "domain_id": None,
            "description": None,
            "options": {"immutable": True},
        }
    spec = obj["spec"]
    return {
        **(spec.get("extra") or {}),
        "id": role,
        "name": spec["name"],
        "domain_id": None,
        "description": spec.get("description"),
        "options": spec.get("options") or {},
    }


def role(name: str, obj: Json | None, url: str) -> Json:
    """Show a role; `url` is where roles are found."""
    return {**brief(name, obj), "links": {"self": f"{url}/{grants.role_id(name)}"}}


def linked(role_id: str, name: str, url: str) -> Json:
    """Show a role as it stands in the rules of what implies what."""
    return {"id": role_id, "name": name, "links": {"self": f"{url}/{role_id}"}}
