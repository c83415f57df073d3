"""Bindings as they are found, made and taken apart: one subject and one role at a time."""

from __future__ import annotations

from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.identity import grants
from dicot.kube import errors as kube
from dicot.kube.kinds import Kind

Json = dict[str, Any]


async def bind(cluster: Cluster, caller: Caller, kind: Kind, body: Json) -> None:
    """Create a binding as the user, whose right to give this role Kubernetes checks; there already is no error."""
    try:
        await cluster.create(caller, kind, body)
    except kube.AlreadyExists:
        meta = body["metadata"]
        there = await cluster.as_user(caller).get(kind, meta["name"], meta.get("namespace"))
        if grants.keys_of_subjects(there) == grants.keys_of_subjects(body) and there["roleRef"] == body["roleRef"]:
            cluster.cache(kind).learn(there)
            return
        raise


async def unbind(cluster: Cluster, caller: Caller, kind: Kind, binding: Json, key: str) -> None:
    """Take one subject out of a binding as the user; a binding without subjects is deleted."""
    meta = binding["metadata"]
    left = [
        subject
        for subject, subject_key in zip(binding["subjects"], grants.keys_of_subjects(binding), strict=True)
        if subject_key != key
    ]
    if not left:
        await cluster.delete(caller, kind, binding)
        return
    patch: list[Json] = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": meta["resourceVersion"]},
        {"op": "replace", "path": "/subjects", "value": left},
    ]
    await cluster.patch(caller, kind, meta["name"], patch, meta.get("namespace"))
