"""OpenStack -> Kubernetes for domains. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import DOMAINS

Json = dict[str, Any]


def domain(domain_id: str, spec: Json) -> Json:
    """Return the Domain object."""
    slug = names.slug(spec["name"])
    return {
        "apiVersion": DOMAINS.api_version,
        "kind": DOMAINS.kind,
        "metadata": {
            "name": slug if domain_id == slug else f"{slug}-{names.derived_hex('domain', spec['name'])[:8]}",
            "labels": {**names.MANAGED_BY, names.id_label("domain"): domain_id},
        },
        "spec": spec,
    }


def spec(body: Json, known: frozenset[str]) -> Json:
    """Return the part of a Domain's spec that a body sets; a null in it removes the field when patched."""
    found = {key: body[key] for key in ("name", "description", "enabled", "tags") if key in body}
    added = {key: value for key, value in body.items() if key not in known}
    if added:
        found["extra"] = added
    return found
