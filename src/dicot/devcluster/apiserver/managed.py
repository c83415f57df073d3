"""metadata.managedFields: which manager owns which fields, kept up to date by every write."""

from typing import Any

from dicot.devcluster.apiserver import fields, kinds
from dicot.devcluster.apiserver.fields import Changes
from dicot.devcluster.apiserver.layout import Layout
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.write import Write

Json = dict[str, Any]
_IDENTITY = ("manager", "operation", "apiVersion", "subresource")


def layout_of(resource: Resource) -> Layout:
    """Return the layout of a resource's objects."""
    if resource.custom:
        return Layout(resource.schema, root=True)
    return Layout(type=kinds.kept_type(resource), root=True)


def track(how: Write, old: Json | None, body: Json) -> None:
    """Note in the body's managedFields what this write changes."""
    before: list[Json] = old["metadata"].get("managedFields", []) if old else []
    changes = fields.difference(old or {}, body, layout_of(how.resource))
    if how.applied is None and not changes.all():
        entries = before
    else:
        entries = _entries(how, before, changes)
    body["metadata"].pop("managedFields", None)
    if entries:
        body["metadata"]["managedFields"] = entries


def _entries(how: Write, before: list[Json], changes: Changes) -> list[Json]:
    mine = blank(how)
    entries: list[Json] = []
    own: Json | None = None
    for entry in before:
        if all(entry.get(key) == mine.get(key) for key in _IDENTITY):
            own = entry
        else:
            entries.append(_without(entry, changes))
    owned = _owned(how, own, changes)
    if own is not None and owned == own["fieldsV1"]:
        entries.append(own)
    elif owned:
        entries.append({**mine, "fieldsV1": owned})
    return [entry for entry in entries if entry["fieldsV1"]]


def _owned(how: Write, own: Json | None, changes: Changes) -> Json:
    if how.applied is not None:
        return how.applied
    owned = fields.copied(own["fieldsV1"]) if own else {}
    for path in changes.removed:
        fields.discard(owned, path)
    for path in (*changes.added, *changes.modified):
        fields.insert(owned, path)
    return owned


def _without(entry: Json, changes: Changes) -> Json:
    left = fields.copied(entry["fieldsV1"])
    for path in changes.all():
        fields.discard(left, path)
    return entry if left == entry["fieldsV1"] else {**entry, "fieldsV1": left}


def blank(how: Write) -> Json:
    """Make this write's entry, owning nothing."""
    entry: Json = {
        "manager": how.manager,
        "operation": "Update" if how.applied is None else "Apply",
        "apiVersion": how.resource.api_version,
        "time": how.now,
        "fieldsType": "FieldsV1",
        "fieldsV1": Json(),
    }
    return {**entry, "subresource": how.subresource} if how.subresource else entry


def own_entry(how: Write, entries: list[Json]) -> Json | None:
    """Return this manager's earlier entry."""
    mine = blank(how)
    return next((e for e in entries if all(e.get(key) == mine.get(key) for key in _IDENTITY)), None)
