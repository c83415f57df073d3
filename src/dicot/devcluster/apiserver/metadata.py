"""`metadata`: what the server sets, what it keeps, and what it refuses. Pure: no store, no HTTP."""

import secrets
import uuid
from typing import Any

from dicot.devcluster.apiserver import syntax
from dicot.devcluster.apiserver.decode import unmarshal
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import (
    Cause,
    bad_request,
    forbidden_field,
    internal,
    invalid_value,
    required,
)

Json = dict[str, Any]

_TYPES: dict[str, tuple[type, str]] = {
    "name": (str, "string"),
    "generateName": (str, "string"),
    "namespace": (str, "string"),
    "uid": (str, "types.UID"),
    "resourceVersion": (str, "string"),
    "selfLink": (str, "string"),
    "generation": (int, "int64"),
    "creationTimestamp": (str, "v1.Time"),
    "deletionTimestamp": (str, "v1.Time"),
    "deletionGracePeriodSeconds": (int, "int64"),
    "labels": (dict, "map[string]string"),
    "annotations": (dict, "map[string]string"),
    "finalizers": (list, "[]string"),
    "ownerReferences": (list, "[]v1.OwnerReference"),
    "managedFields": (list, "[]v1.ManagedFieldsEntry"),
}
_STRINGS = ("labels", "annotations")
_KEPT = ("name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds",
         "generation", "generateName")  # fmt: skip
_GENERATED_LIMIT = 63
_LETTERS = "bcdfghjklmnpqrstvwxz2456789"


def coerce(resource: Resource, body: Json) -> list[str]:
    """Make metadata a dictionary of known, well-typed fields; returns the unknown ones' paths."""
    metadata: Json = body.get("metadata") or {}
    unknown = [f"metadata.{key}" for key in metadata if key not in _TYPES]
    kept = {key: value for key, value in metadata.items() if key in _TYPES and value is not None}
    for key, value in kept.items():
        expected, go = _TYPES[key]
        if not isinstance(value, expected):
            raise unmarshal(resource, value, f"ObjectMeta.{key}", go)
    for key in _STRINGS:
        for value in kept.get(key, {}).values():
            if not isinstance(value, str):
                raise unmarshal(resource, value, f"ObjectMeta.{key}", "string")
    _check_items(resource, kept)
    body["metadata"] = {key: value for key, value in kept.items() if value not in ({}, [])}
    return unknown


def _check_items(resource: Resource, kept: Json) -> None:
    for key, expected, go in (("finalizers", str, "string"), ("ownerReferences", dict, "v1.OwnerReference")):
        for item in kept.get(key, ()):
            if not isinstance(item, expected):
                raise unmarshal(resource, item, f"ObjectMeta.{key}", go)


def check_namespace(resource: Resource, metadata: Json, namespace: str) -> None:
    """Fill the namespace in from the path; 400 where the object says another."""
    if not resource.namespaced:
        if metadata.get("namespace"):
            raise bad_request("namespace may not be set on a cluster-scoped object")
        return
    if metadata.setdefault("namespace", namespace) != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def generate_name(metadata: Json) -> None:
    """Choose a name where only generateName is given."""
    prefix = metadata.get("generateName")
    if prefix and not metadata.get("name"):
        suffix = "".join(secrets.choice(_LETTERS) for _ in range(5))
        metadata["name"] = prefix[: _GENERATED_LIMIT - 5] + suffix


def begin(resource: Resource, metadata: Json, now: str) -> None:
    """Set what the server sets on creation, whatever the client sent."""
    if metadata.pop("resourceVersion", ""):
        raise internal("resourceVersion should not be set on objects to be created")
    for key in ("selfLink", "deletionTimestamp", "deletionGracePeriodSeconds", "generation", "managedFields"):
        metadata.pop(key, None)
    metadata["uid"] = str(uuid.uuid4())
    metadata["creationTimestamp"] = now
    if resource.generation:
        metadata["generation"] = 1


def keep(old: Json, new: Json) -> None:
    """Keep on update what only the server changes."""
    for key in _KEPT:
        if key in old:
            new[key] = old[key]
        else:
            new.pop(key, None)
    new.pop("selfLink", None)


def causes(resource: Resource, metadata: Json) -> list[Cause]:
    """Return what is wrong with metadata."""
    name = metadata.get("name", "")
    found = syntax.name_causes(resource, name) if name else [_NAMELESS]
    found += syntax.label_causes(metadata.get("labels", {}))
    found += syntax.annotation_causes(metadata.get("annotations", {}))
    found += syntax.finalizer_causes(metadata.get("finalizers", []))
    return found + _owner_causes(metadata.get("ownerReferences", []))


_NAMELESS = required("metadata.name", "name or generateName is required")


def _owner_causes(owners: list[Json]) -> list[Cause]:
    found: list[Cause] = []
    for index, owner in enumerate(owners):
        field = f"metadata.ownerReferences[{index}]"
        missing = [key for key in ("apiVersion", "kind", "name", "uid") if not owner.get(key)]
        found += [invalid_value(f"{field}.{key}", "", "must not be empty") for key in missing]
    controllers = [owner for owner in owners if owner.get("controller")]
    if len(controllers) > 1:
        named = " and ".join(f"{o['kind']}/{o['name']}" for o in controllers[:2])
        why = f'Only one reference can have Controller set to true. Found "true" in references for {named}'
        found.append(invalid_value("metadata.ownerReferences", owners, why))
    return found


def update_causes(old: Json, new: Json) -> list[Cause]:
    """Return what an update may not change."""
    found: list[Cause] = []
    if new.get("uid", old["uid"]) != old["uid"]:
        found += [invalid_value("metadata.uid", new["uid"], "field is immutable")] * 2
    if old.get("deletionTimestamp"):
        had: list[str] = old.get("finalizers", [])
        added = [f for f in new.get("finalizers", []) if f not in had]
        if added:
            listed = ", ".join(f'"{f}"' for f in sorted(added))
            why = "no new finalizers can be added if the object is being deleted, found new finalizers"
            why = f"{why} []string{{{listed}}}"
            found += [forbidden_field("metadata.finalizers", why)] * 2
    return found


def finalizer_warnings(finalizers: list[str]) -> list[str]:
    """Return the warnings about finalizers without a domain."""
    why = "prefer a domain-qualified finalizer name to avoid accidental conflicts with other finalizer writers"
    known = ("orphan", "foregroundDeletion", "kubernetes", "customresourcecleanup.apiextensions.k8s.io")
    return [f'metadata.finalizers: "{f}": {why}' for f in finalizers if "/" not in f and f not in known]
