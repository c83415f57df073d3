"""Roles as Keystone shows them. Pure."""

from __future__ import annotations

from typing import Any

from dicot.identity import grants

Json = dict[str, Any]


def brief(role: str) -> Json:
    """Show a role without its link, as it stands inside other objects."""
    return {
        "id": grants.role_id(role),
        "name": role,
        "domain_id": None,
        "description": None,
        "options": {"immutable": True},
    }


def role(name: str, url: str) -> Json:
    """Show a role; `url` is where roles are found."""
    return {**brief(name), "links": {"self": f"{url}/{grants.role_id(name)}"}}


def inference(prior: str, url: str) -> Json:
    """Show which roles a role implies."""
    implied = [one for one in grants.ROLES if one in grants.IMPLIED[prior] and one != prior]
    return {"prior_role": _linked(prior, url), "implies": [_linked(one, url) for one in implied]}


def _linked(name: str, url: str) -> Json:
    role_id = grants.role_id(name)
    return {"id": role_id, "name": name, "links": {"self": f"{url}/{role_id}"}}
