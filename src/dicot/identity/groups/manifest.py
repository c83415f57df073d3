"""OpenStack -> Kubernetes for groups. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity.kinds import GROUPS

Json = dict[str, Any]


def group(group_id: str, spec: Json) -> Json:
    """Return the Group object: its name is readable, and the same for two who create it at once."""
    name = f"{names.slug(spec['name'])}-{names.derived_hex('group', spec['domainId'], spec['name'])[:8]}"
    return {
        "apiVersion": GROUPS.api_version,
        "kind": GROUPS.kind,
        "metadata": {"name": name, "labels": {**names.MANAGED_BY, names.id_label("group"): group_id}},
        "spec": spec,
    }


def spec(body: Json, known: frozenset[str]) -> Json:
    """Return the part of a Group's spec that a body sets; a null in it removes the field when patched."""
    found = {key: body[key] for key in ("name", "description") if key in body}
    added = {key: value for key, value in body.items() if key not in known}
    if added:
        found["extra"] = added
    return found
