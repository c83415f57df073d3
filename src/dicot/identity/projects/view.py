"""Kubernetes -> OpenStack for projects. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.identity.namespaces import domain_id, enabled, parent_id
from dicot.identity.projects.manifest import EXTRA, TAGS

Json = dict[str, Any]


def tags(namespace: Json) -> list[str]:
    """Return the tags of a project."""
    return _json(namespace, TAGS, [])


def added(namespace: Json) -> Json:
    """Return the attributes that somebody added to a project."""
    return _json(namespace, EXTRA, {})


def _json(namespace: Json, annotation: str, default: Any) -> Any:
    text = names.annotations_of(namespace).get(annotation)
    return msgspec.json.decode(text) if text else default


def project(namespace: Json, url: str) -> Json:
    """Show a project; `url` is where projects are found."""
    project_id, domain = names.project_id(namespace), domain_id(namespace)
    return {
        **added(namespace),
        "id": project_id,
        "name": names.display_name(namespace),
        "domain_id": domain,
        "description": names.annotations_of(namespace).get(names.DESCRIPTION, ""),
        "enabled": enabled(namespace),
        "parent_id": parent_id(namespace),
        "is_domain": False,
        "tags": tags(namespace),
        "options": {},
        "links": {"self": f"{url}/{project_id}"},
    }
