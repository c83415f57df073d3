"""OpenStack -> Kubernetes for role assignments: RoleBindings and ClusterRoleBindings. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.identity import grants

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io"


def subject_of_user(username: str) -> Json:
    """Return the subject of a binding for a user as Kubernetes names it; a ServiceAccount is one of its own kind."""
    if username.startswith("system:serviceaccount:"):
        namespace, name = username.split(":")[2:4]
        return {"kind": "ServiceAccount", "namespace": namespace, "name": name}
    return {"apiGroup": RBAC, "kind": "User", "name": username}


def subject_of_group(group: str) -> Json:
    """Return the subject of a binding for a group as Kubernetes names it."""
    return {"apiGroup": RBAC, "kind": "Group", "name": group}


def _name(role: str, subject: Json, who: str, *place: str) -> str:
    parts = (role, subject["kind"], subject.get("namespace", ""), subject["name"], *place)
    return f"dicot-{role}-{names.slug(who, 30)}-{names.derived_hex(*parts)[:8]}"


def _binding(kind: str, name: str, role: str, subject: Json, labels: dict[str, str], prefix: str = "dicot:") -> Json:
    which = {} if role in grants.IMPLIED else {grants.ROLE_LABEL: role}
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {**names.MANAGED_BY, **which, **labels}},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": grants.cluster_role(role, prefix)},
        "subjects": [subject],
    }


def on_project(namespace: str, role: str, subject: Json, who: str) -> Json:
    """Return the RoleBinding of a role in a project; `who` makes its name readable."""
    binding = _binding("RoleBinding", _name(role, subject, who), role, subject, {})
    binding["metadata"]["namespace"] = namespace
    return binding


def on_system(role: str, subject: Json, who: str) -> Json:
    """Return the ClusterRoleBinding of a role over the whole cluster."""
    return _binding("ClusterRoleBinding", _name(role, subject, who), role, subject, {})


def on_domain(domain_id: str, role: str, subject: Json, who: str) -> Json:
    """Return the ClusterRoleBinding of a role on a domain; it gives no right in Kubernetes."""
    name = _name(role, subject, who, "domain", domain_id)
    labels = {names.id_label("domain"): domain_id}
    return _binding("ClusterRoleBinding", name, role, subject, labels, grants.DOMAIN_PREFIX)


def below(noun: str, identity: str, role: str, subject: Json, who: str) -> Json:
    """Return the ClusterRoleBinding of a role in all projects below a domain or project; it gives no right itself."""
    name = _name(role, subject, who, "below", noun, identity)
    labels = {names.id_label(noun): identity, grants.INHERITED_TO: "projects"}
    return _binding("ClusterRoleBinding", name, role, subject, labels, grants.DOMAIN_PREFIX)


def realised(source: Json, role: str, namespace: str) -> Json:
    """Return the RoleBinding by which an inherited role holds in one project; it goes with what it comes from."""
    meta = source["metadata"]
    subject = source["subjects"][0]
    binding = _binding("RoleBinding", meta["name"], role, subject, {grants.INHERITED_FROM: meta["uid"]})
    binding["subjects"] = source["subjects"]
    binding["metadata"] |= {
        "namespace": namespace,
        "ownerReferences": [
            {
                "apiVersion": source.get("apiVersion", f"{RBAC}/v1"),
                "kind": "ClusterRoleBinding",
                "name": meta["name"],
                "uid": meta["uid"],
            }
        ],
    }
    return binding
