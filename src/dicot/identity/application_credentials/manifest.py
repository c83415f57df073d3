"""OpenStack -> Kubernetes for application credentials. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity import grants
from dicot.identity.assignments import manifest as assignments
from dicot.identity.kinds import APPLICATION_CREDENTIALS

Json = dict[str, Any]


def application_credential(credential_id: str, spec: Json) -> Json:
    """Return the object; the hash of its secret lives elsewhere. One user's two of one name want one object name."""
    suffix = names.derived_hex("application-credential", spec["userId"], spec["name"])[:8]
    return {
        "apiVersion": APPLICATION_CREDENTIALS.api_version,
        "kind": APPLICATION_CREDENTIALS.kind,
        "metadata": {
            "name": f"{names.slug(spec['name'])}-{suffix}",
            "labels": {**names.MANAGED_BY, names.id_label("application-credential"): credential_id},
        },
        "spec": spec,
    }


def binding(obj: Json, role: str, namespace: str) -> Json:
    """Return the binding by which a narrowed credential has a role: in one namespace, or ("") in the whole cluster."""
    credential_id, meta = names.identity_of(obj, "application-credential"), obj["metadata"]
    subject = assignments.subject_of_user(grants.credential_user(credential_id))
    if namespace:
        made = assignments.on_project(namespace, role, subject, "appcred")
    else:
        made = assignments.on_system(role, subject, "appcred")
    made["metadata"]["labels"][names.id_label("application-credential")] = credential_id
    made["metadata"]["ownerReferences"] = [
        {
            "apiVersion": APPLICATION_CREDENTIALS.api_version,
            "kind": APPLICATION_CREDENTIALS.kind,
            "name": meta["name"],
            "uid": meta["uid"],
        }
    ]
    return made
