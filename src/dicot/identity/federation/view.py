"""The one identity provider and its one protocol as Keystone shows them. Pure."""

from __future__ import annotations

from typing import Any

from dicot.identity.namespaces import DEFAULT_DOMAIN
from dicot.identity.tokens.view import FEDERATED, PROVIDER

Json = dict[str, Any]


def provider(url: str) -> Json:
    """Show Kubernetes as an identity provider; `url` is where providers are found."""
    here = f"{url}/{PROVIDER}"
    return {
        "id": PROVIDER,
        "enabled": True,
        "description": "Whoever the Kubernetes API server knows by a bearer token.",
        "remote_ids": [],
        "domain_id": DEFAULT_DOMAIN,
        "authorization_ttl": None,
        "links": {"self": here, "protocols": f"{here}/protocols"},
    }


def protocol(url: str) -> Json:
    """Show bearer tokens as a protocol: nothing maps them, for roles are bound to the names that Kubernetes knows."""
    here = f"{url}/{PROVIDER}"
    links = {"self": f"{here}/protocols/{FEDERATED}", "identity_provider": here}
    return {"id": FEDERATED, "mapping_id": None, "links": links}
