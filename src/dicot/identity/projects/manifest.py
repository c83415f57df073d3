"""OpenStack -> Kubernetes for projects. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.identity.namespaces import DOMAIN, ENABLED, PARENT

Json = dict[str, Any]

TAGS = "dicot.io/tags"
"""Annotation: the project's tags, a JSON list."""
EXTRA = "dicot.io/extra"
"""Annotation: attributes that Keystone lets anyone add, a JSON object."""
NAME_MOST = 63


def namespace(
    name: str, *, display: str, domain_id: str, parent_id: str = "", enabled: bool, texts: dict[str, str]
) -> Json:
    """Return the Namespace that is a new project; `texts` are further annotations."""
    labels = {**names.MANAGED_BY, names.PROJECT: "true", DOMAIN: domain_id}
    if parent_id and parent_id != domain_id:
        labels[PARENT] = parent_id
    if not enabled:
        labels[ENABLED] = "false"
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": name, "labels": labels, "annotations": {names.NAME: display, **texts}},
    }


def namespace_names(display: str, domain_id: str) -> tuple[str, str]:
    """Return two names to try for a new project: the plain one, and one that no other project's name makes."""
    plain = names.slug(display, NAME_MOST)
    suffix = names.derived_hex("project", domain_id, display)[:8]
    return plain, f"{names.slug(display, NAME_MOST - len(suffix) - 1)}-{suffix}"


def texts(body: Json, known: frozenset[str], extra: Json) -> dict[str, str | None]:
    """Return the annotations that a create or update makes; None removes one. `extra` is what was added before."""
    found: dict[str, str | None] = {}
    if "name" in body:
        found[names.NAME] = body["name"]
    if "description" in body:
        found[names.DESCRIPTION] = body["description"] or None
    if "tags" in body:
        found[TAGS] = encoded(body["tags"])
    added = {key: value for key, value in body.items() if key not in known}
    if added:
        found[EXTRA] = encoded({**extra, **added})
    return found


def encoded(value: Json | list[str]) -> str | None:
    """Spell an annotation that holds JSON; nothing is no annotation."""
    return msgspec.json.encode(value).decode() if value else None
