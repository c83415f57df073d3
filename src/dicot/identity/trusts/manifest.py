"""OpenStack -> Kubernetes for trusts. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity import grants
from dicot.identity.assignments import manifest as assignments
from dicot.identity.kinds import TRUSTS

Json = dict[str, Any]


def trust(trust_id: str, spec: Json) -> Json:
    """Return the Trust object."""
    return {
        "apiVersion": TRUSTS.api_version,
        "kind": TRUSTS.kind,
        "metadata": {
            "name": f"trust-{trust_id}",
            "labels": {**names.MANAGED_BY, names.id_label("trust"): trust_id},
        },
        "spec": spec,
    }


def bindings(obj: Json, namespace: str) -> list[Json]:
    """Return the RoleBindings that a trust's tokens act by; they go with the trust."""
    trust_id, meta = names.identity_of(obj, "trust"), obj["metadata"]
    subject = assignments.subject_of_user(grants.trust_user(trust_id))
    owner = {"apiVersion": TRUSTS.api_version, "kind": TRUSTS.kind, "name": meta["name"], "uid": meta["uid"]}
    found = []
    for role in obj["spec"].get("roles") or ():
        binding = assignments.on_project(namespace, role, subject, "trust")
        binding["metadata"]["labels"][names.id_label("trust")] = trust_id
        binding["metadata"]["ownerReferences"] = [owner]
        found.append(binding)
    return found
