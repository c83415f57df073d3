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
NEXT = {ADMIN: MANAGER, MANAGER: MEMBER, MEMBER: READER}
"""Each role with the one that it implies directly."""

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

OTHER = "other"
"""What stands for every role that was made through Keystone: such a one has no rules in Kubernetes."""
ROLE_LABEL = names.id_label("role")
"""Label of a binding to `dicot:other`: which role it gives."""
INHERITED_TO = "dicot.io/inherited-to"
"""Label of a binding on a domain or project: "projects" if it holds in every project below, and not on itself."""
INHERITED_FROM = "dicot.io/inherited-from"
"""Label of a RoleBinding that stands for an inherited role: the uid of the ClusterRoleBinding that it comes from."""

USER_PREFIX, GROUP_PREFIX = "dicot:", "dicot:group:"
TRUST_PREFIX = "dicot:trust:"
"""Of the users as which tokens of trusts act: they have the delegated roles and nothing else."""
CREDENTIAL_PREFIX = "dicot:appcred:"
"""Of the users as which tokens of narrowed application credentials act: they have its roles and nothing else."""
AUTHENTICATED = "system:authenticated"


def role_id(role: str) -> str:
    """Return the id of a role: of a built-in one the same in every cluster; the others are called by their id."""
    return _IDS.get(role, role)


_IDS = {role: names.derived_hex("role", role) for role in ROLES}


ROLE_OF_ID = {role_id(role): role for role in ROLES}


KUBERNETES_CREDENTIAL = names.id_label("kubernetes-credential")
"""Label of a binding that repeats for kubectl what its owner may do: no role of anybody's in OpenStack."""


def kube_user(user_id: str) -> str:
    """Return the name under which Kubernetes knows a user of Dicot."""
    return f"{USER_PREFIX}{user_id}"


def trust_user(trust_id: str) -> str:
    """Return the name under which Kubernetes knows whoever acts by a trust."""
    return f"{TRUST_PREFIX}{trust_id}"


def credential_user(credential_id: str) -> str:
    """Return the name under which Kubernetes knows an application credential that stands for less than its user."""
    return f"{CREDENTIAL_PREFIX}{credential_id}"


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
    if ref["kind"] != "ClusterRole" or KUBERNETES_CREDENTIAL in names.labels_of(binding):
        return None
    if ref["name"] == f"dicot:{OTHER}":
        return names.labels_of(binding).get(ROLE_LABEL)
    return ROLE_OF_CLUSTER_ROLE.get(ref["name"])


def domain_role_of(binding: Json) -> tuple[str, str] | None:
    """Return (domain id, role) of a ClusterRoleBinding that gives a role on a domain."""
    return _without_rules(binding, "domain")


def below_project(binding: Json) -> tuple[str, str] | None:
    """Return (project id, role) of a ClusterRoleBinding that gives a role in all projects below one."""
    return _without_rules(binding, "project") if inherited(binding) else None


def _without_rules(binding: Json, noun: str) -> tuple[str, str] | None:
    name, labels = binding["roleRef"]["name"], names.labels_of(binding)
    place = labels.get(names.id_label(noun), "")
    role = name.removeprefix(DOMAIN_PREFIX)
    if not place or name == role:
        return None
    if role == OTHER:
        role = labels.get(ROLE_LABEL, "")
        return (place, role) if role else None
    return (place, role) if role in IMPLIED else None


def cluster_role(role: str, prefix: str = "dicot:") -> str:
    """Return the ClusterRole that a binding of a role refers to."""
    return f"{prefix}{role if role in IMPLIED else OTHER}"


def inherited(binding: Json) -> bool:
    """Tell whether the binding of a role on a domain holds in the projects of the domain instead."""
    return names.labels_of(binding).get(INHERITED_TO) == "projects"


def by_subject(binding: Json) -> list[str]:
    """Index a binding that gives a role by each of its subjects."""
    return keys_of_subjects(binding) if role_of(binding) else []


def by_place(binding: Json) -> list[str]:
    """Index a RoleBinding that gives a role by namespace and subject at once."""
    if role_of(binding) is None:
        return []
    return [f"{binding['metadata']['namespace']}/{key}" for key in keys_of_subjects(binding)]


def by_domain_subject(binding: Json) -> list[str]:
    """Index a ClusterRoleBinding that gives a role on a domain, or below a project, by each of its subjects."""
    return keys_of_subjects(binding) if domain_role_of(binding) or below_project(binding) else []
