"""A token as Keystone shows it. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.api.policy import Caller
from dicot.api.token import Payload
from dicot.identity.times import whole

Json = dict[str, Any]

PROVIDER, FEDERATED = "kubernetes", "openid"
"""The one identity provider there is, and the protocol by which its tokens are shown, a method of what they prove."""


class Facts(msgspec.Struct, frozen=True):
    """What a token does not say itself: {id, name} of domains, the application credential, the catalog."""

    user_domain: Json
    project_domain: Json
    domain: Json
    credential: Json | None = None
    catalog: list[Json] | None = None
    roles: list[Json] = []
    trust: Json | None = None


def token(payload: Payload, caller: Caller, facts: Facts) -> Json:
    """Show who may do what, until when, and where."""
    body: Json = {
        "methods": list(payload.methods),
        "user": {
            "domain": facts.user_domain,
            "id": caller.user_id,
            "name": caller.user_name,
            "password_expires_at": None,
        },
        "audit_ids": list(payload.audit_ids),
        "expires_at": whole(payload.expires_at),
        "issued_at": whole(payload.issued_at),
    }
    if facts.trust is not None:
        body["OS-TRUST:trust"] = facts.trust
    if FEDERATED in payload.methods:
        body["user"]["OS-FEDERATION"] = {
            "groups": [],
            "identity_provider": {"id": PROVIDER},
            "protocol": {"id": FEDERATED},
        }
    if caller.project_id:
        body["project"] = {"domain": facts.project_domain, "id": caller.project_id, "name": caller.project_name}
        if facts.trust is None:
            body["is_domain"] = False
    elif caller.domain_id:
        body["domain"] = facts.domain
    elif not caller.system:
        return body
    body["roles"] = facts.roles
    if caller.system:
        body["system"] = {"all": True}
    if facts.catalog is not None:
        body["catalog"] = facts.catalog
    if facts.credential is not None:
        body["application_credential"] = facts.credential
    return body
