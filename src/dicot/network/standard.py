"""The attributes that every resource shows. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.network import store
from dicot.network.resources import Resource

Json = dict[str, Any]


def changed_at(obj: Json) -> str:
    """Return when an object was last written, to the second, with Z."""
    meta = obj["metadata"]
    times = [entry["time"] for entry in meta.get("managedFields") or () if entry.get("time")]
    return max([meta["creationTimestamp"], *times])


def view(resource: Resource, obj: Json, project_id: str) -> Json:
    """Return id, owner, times, revision, tags and description."""
    return {
        "id": names.identity_of(obj, resource.noun),
        "tenant_id": project_id,
        "project_id": project_id,
        "description": obj["spec"].get("description", ""),
        "tags": sorted(obj["spec"].get("tags", [])),
        "created_at": obj["metadata"]["creationTimestamp"],
        "updated_at": changed_at(obj),
        "revision_number": store.revision(obj),
    }
