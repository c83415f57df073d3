"""Kubernetes -> OpenStack for access rules. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def brief(obj: Json) -> Json:
    """Show a rule as it stands inside an application credential and in a token."""
    spec = obj["spec"]
    return {
        "path": spec["path"],
        "method": spec["method"],
        "service": spec["service"],
        "id": names.identity_of(obj, "access-rule"),
    }


def access_rule(obj: Json, url: str) -> Json:
    """Show a rule; `url` is where Keystone says that rules are found."""
    return {**brief(obj), "links": {"self": f"{url}/{names.identity_of(obj, 'access-rule')}"}}
