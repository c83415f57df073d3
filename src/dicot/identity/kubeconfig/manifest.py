"""OpenStack -> Kubernetes for kubeconfigs: who the credential is, and what it may do. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.token import Payload
from dicot.identity import grants
from dicot.identity.assignments.manifest import RBAC
from dicot.identity.kinds import KUBERNETES_CREDENTIALS

Json = dict[str, Any]

NOUN = "kubernetes-credential"
RANKS = (grants.ADMIN, grants.MANAGER, grants.MEMBER, grants.READER)
"""The roles that mean something to Kubernetes, each with all that it implies."""


def credential(name: str, user_name: str, namespace: str, login: Payload, expires_at: str) -> Json:
    """Return the object that says whose a credential is and what it rests on; it holds no secret."""
    return {
        "apiVersion": KUBERNETES_CREDENTIALS.api_version,
        "kind": KUBERNETES_CREDENTIALS.kind,
        "metadata": {"name": name, "labels": {**names.MANAGED_BY, names.id_label("user"): login.user_id}},
        "spec": {
            "userId": login.user_id,
            "userName": user_name,
            "projectId": login.project_id,
            "namespace": namespace,
            "expiresAt": expires_at,
            "login": msgspec.structs.asdict(login),
        },
    }


def login_of(found: Json, expires_at: float) -> Payload:
    """Return the login that a credential rests on, as a token that lasts as long as the credential."""
    told: Json = {**found["spec"]["login"], "expires_at": expires_at}
    fields = msgspec.structs.fields(Payload)
    return msgspec.convert([told.get(field.name, field.default) for field in fields], Payload)


def rank(roles: frozenset[str]) -> str:
    """Return the one role to bind: the highest, which has the others' rights; "" if none means anything here."""
    return next((role for role in RANKS if role in roles), "")


def _owned(found: Json, name: str, namespace: str) -> Json:
    return {
        "name": name,
        "namespace": namespace,
        "labels": {**names.MANAGED_BY, names.id_label(NOUN): found["metadata"]["uid"]},
        "ownerReferences": [
            {
                "apiVersion": KUBERNETES_CREDENTIALS.api_version,
                "kind": KUBERNETES_CREDENTIALS.kind,
                "name": found["metadata"]["name"],
                "uid": found["metadata"]["uid"],
            }
        ],
    }


def service_account(found: Json, system_namespace: str) -> Json:
    """Return the ServiceAccount that the credential is; pods never run as it."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": _owned(found, found["metadata"]["name"], system_namespace),
        "automountServiceAccountToken": False,
    }


def binding_name(found: Json, role: str) -> str:
    """Return the name of the RoleBinding of a role."""
    return f"{found['metadata']['name']}-{role}"


def binding(found: Json, role: str, system_namespace: str) -> Json:
    """Return the RoleBinding that gives the credential a role in the project's namespace."""
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding",
        "metadata": _owned(found, binding_name(found, role), found["spec"]["namespace"]),
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": grants.cluster_role(role)},
        "subjects": [{"kind": "ServiceAccount", "name": found["metadata"]["name"], "namespace": system_namespace}],
    }
