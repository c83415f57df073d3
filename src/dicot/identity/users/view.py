"""Kubernetes -> OpenStack for users. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def added(spec: Json) -> Json:
    """Return what Keystone keeps beside its own attributes: description and email are among them."""
    own = {key: spec[key] for key in ("description", "email") if spec.get(key) is not None}
    return {**own, **(spec.get("extra") or {})}


def user(obj: Json, url: str) -> Json:
    """Show a user; `url` is where users are found."""
    spec, user_id = obj["spec"], names.identity_of(obj, "user")
    view: Json = {
        **added(spec),
        "id": user_id,
        "name": spec["name"],
        "domain_id": spec.get("domainId", "default"),
        "enabled": spec.get("enabled", True),
    }
    if spec.get("defaultProjectId"):
        view["default_project_id"] = spec["defaultProjectId"]
    view["password_expires_at"] = None
    view["options"] = spec.get("options") or {}
    view["links"] = {"self": f"{url}/{user_id}"}
    return view


def kubernetes_user(user_id: str, username: str, url: str) -> Json:
    """Show a person whom only Kubernetes knows; nothing of them can be changed here."""
    return {
        "id": user_id,
        "name": username,
        "domain_id": "default",
        "enabled": True,
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"{url}/{user_id}"},
    }
