"""What Kubernetes' role bindings mean as Keystone roles. Pure: the index functions of bindings are here too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names

Json = dict[str, Any]

READER, MEMBER, MANAGER, ADMIN, SERVICE = "reader", "member", "manager", "admin", "service"
ROLES = (ADMIN, MANAGER, MEMBER, READER, SERVICE)
IMPLIED: dict[str, frozenset[str]] = {
    READER: frozenset({READER}),
    MEMBER: frozenset({MEMBER, READER}),
    MANAGER: frozenset({MANAGER, MEMBER, READER}),
    ADMIN: frozenset({ADMIN, MANAGER, MEMBER, READER}),
    SERVICE: frozenset({SERVICE}),
}
"""Each role with all that it implies."""

ROLE_OF_CLUSTER_ROLE = {
    **{f"dicot:{role}": role for role in ROLES},
    "view": READER,
    "edit": MEMBER,
    "admin": MANAGER,
    "cluster-admin": ADMIN,
}
"""Kubernetes' own four mean what people who bind them expect: `admin` of a namespace may not touch its quota."""

DOMAIN_PREFIX = "dicot:domain:"
"""Roles on a domain are ClusterRoleBindings to ClusterRoles without rules: Kubernetes has no such scope."""

USER_PREFIX, GROUP_PREFIX = "dicot:", "dicot:group:"
AUTHENTICATED = "system:authenticated"


def role_id(role: str) -> str:
    """Return the id of a role: the same in every cluster."""
    return names.derived_hex("role", role)


ROLE_OF_ID = {role_id(role): role for role in ROLES}


def kube_user(user_id: str) -> str:
    """Return the name under which Kubernetes knows a user of Dicot."""
    return f"{USER_PREFIX}{user_id}"


def kube_group(group_id: str) -> str:
    """Return the name under which Kubernetes knows a group of Dicot."""
    return f"{GROUP_PREFIX}{group_id}"


def subject_keys(user: str, groups: Iterable[str]) -> tuple[str, ...]:
    """Return what bindings are filed under for this user and these groups."""
    return (f"User:{user}", *(f"Group:{group}" for group in groups))


def keys_of_subjects(binding: Json) -> list[str]:
    """Return the keys of a binding's subjects; a ServiceAccount is the user that it is."""
    home = binding["metadata"].get("namespace", "")
    return [_key(subject, home) for subject in binding.get("subjects") or ()]


def _key(subject: Json, home: str) -> str:
    if subject["kind"] == "ServiceAccount":
        return f"User:system:serviceaccount:{subject.get('namespace') or home}:{subject['name']}"
    return f"{subject['kind']}:{subject['name']}"


def role_of(binding: Json) -> str | None:
    """Return the role that a binding gives in its namespace or in the whole cluster; None if it is no such thing."""
    ref = binding["roleRef"]
    return ROLE_OF_CLUSTER_ROLE.get(ref["name"]) if ref["kind"] == "ClusterRole" else None


def domain_role_of(binding: Json) -> tuple[str, str] | None:
    """Return (domain id, role) of a ClusterRoleBinding that gives a role on a domain."""
    name = binding["roleRef"]["name"]
    domain_id = names.labels_of(binding).get(names.id_label("domain"), "")
    role = name.removeprefix(DOMAIN_PREFIX)
    return (domain_id, role) if domain_id and name != role and role in IMPLIED else None


def by_subject(binding: Json) -> list[str]:
    """Index a binding that gives a role by each of its subjects."""
    return keys_of_subjects(binding) if role_of(binding) else []


def by_place(binding: Json) -> list[str]:
    """Index a RoleBinding that gives a role by namespace and subject at once."""
    if role_of(binding) is None:
        return []
    return [f"{binding['metadata']['namespace']}/{key}" for key in keys_of_subjects(binding)]


def by_domain_subject(binding: Json) -> list[str]:
    """Index a ClusterRoleBinding that gives a role on a domain by each of its subjects."""
    return keys_of_subjects(binding) if domain_role_of(binding) else []


def implied(roles: Iterable[str | None]) -> frozenset[str]:
    """Return the roles and all that they imply."""
    found: frozenset[str] = frozenset()
    for role in roles:
        if role is not None:
            found |= IMPLIED[role]
    return found
