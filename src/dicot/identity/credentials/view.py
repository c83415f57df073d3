"""Credentials as Keystone shows them. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.identity.credentials.store import Credential

Json = dict[str, Any]


def credential(one: Credential, url: str) -> Json:
    """Show a credential; `url` is where credentials are found."""
    return {**msgspec.structs.asdict(one), "links": {"self": f"{url}/{one.id}"}}


def ec2(one: Credential, url: str) -> Json:
    """Show an EC2 key; `url` is where the user's keys are found."""
    blob = msgspec.json.decode(one.blob)
    return {
        "user_id": one.user_id,
        "tenant_id": one.project_id,
        "access": blob.get("access"),
        "secret": blob.get("secret"),
        "trust_id": blob.get("trust_id"),
        "links": {"self": f"{url}/{blob.get('access')}"},
    }
