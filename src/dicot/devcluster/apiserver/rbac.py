"""May this user do this? Kubernetes' RBAC over the Role, ClusterRole and binding objects in the store; no writes."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dicot.devcluster.apiserver.store import Store
from dicot.devcluster.apiserver.users import User

Json = dict[str, Any]
GROUP = "rbac.authorization.k8s.io"
ROLES = (GROUP, "roles")
CLUSTER_ROLES = (GROUP, "clusterroles")
ROLE_BINDINGS = (GROUP, "rolebindings")
CLUSTER_ROLE_BINDINGS = (GROUP, "clusterrolebindings")
MASTERS = "system:masters"


class Ask(msgspec.Struct, frozen=True):
    """What is asked for: a verb on a resource, or (with `path`) on a URL that is none."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    name: str = ""
    namespace: str = ""
    path: str = ""

    @property
    def combined(self) -> str:
        """`resource/subresource`, as rules name it."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource


class Grant(msgspec.Struct, frozen=True):
    """A rule that applies to a user, and the sentence that says why."""

    rule: Json
    why: str


def decide(store: Store, user: User, ask: Ask) -> tuple[bool, str]:
    """Tell whether the user may, and the reason where a binding says so."""
    if MASTERS in user.groups:
        return True, ""
    for grant in grants(store, user, ask.namespace):
        if allows(grant.rule, ask):
            return True, grant.why
    return False, ""


def refusal(user: User, ask: Ask) -> str:
    """Say in Kubernetes' words that the user may not."""
    if ask.path:
        return f'User "{user.username}" cannot {ask.verb} path "{ask.path}"'
    where = f'in the namespace "{ask.namespace}"' if ask.namespace else "at the cluster scope"
    what = f'resource "{ask.combined}" in API group "{ask.group}"'
    return f'User "{user.username}" cannot {ask.verb} {what} {where}'


def grants(store: Store, user: User, namespace: str) -> Iterator[Grant]:
    """Return every rule that applies to a user in a namespace ("": cluster-wide ones only)."""
    for record in store.scan(CLUSTER_ROLE_BINDINGS):
        yield from _granted(store, record.body, user, "ClusterRoleBinding", "")
    if namespace:
        for record in store.scan(ROLE_BINDINGS, f"{namespace}/"):
            yield from _granted(store, record.body, user, "RoleBinding", namespace)


def _granted(store: Store, binding: Json, user: User, kind: str, namespace: str) -> Iterator[Grant]:
    subject = _subject_of(binding, user, namespace)
    if subject is None:
        return
    name = binding["metadata"]["name"] + (f"/{namespace}" if namespace else "")
    ref = binding["roleRef"]
    why = f'RBAC: allowed by {kind} "{name}" of {ref["kind"]} "{ref["name"]}" to {subject}'
    for rule in rules_of(store, ref, namespace):
        yield Grant(rule, why)


def _subject_of(binding: Json, user: User, namespace: str) -> str | None:
    for subject in binding.get("subjects") or ():
        kind, name = subject["kind"], subject["name"]
        if kind == "User" and name == user.username:
            return f'User "{name}"'
        if kind == "Group" and name in user.groups:
            return f'Group "{name}"'
        if kind == "ServiceAccount":
            home = subject.get("namespace") or namespace
            if user.username == f"system:serviceaccount:{home}:{name}":
                return f'ServiceAccount "{name}/{home}"'
    return None


def rules_of(store: Store, ref: Json, namespace: str) -> list[Json]:
    """Return the rules of the role that a binding names; none where it does not exist."""
    if ref["kind"] == "ClusterRole":
        found = store.get(CLUSTER_ROLES, ref["name"])
    else:
        found = store.get(ROLES, f"{namespace}/{ref['name']}")
    return (found.body.get("rules") or []) if found else []


def allows(rule: Json, ask: Ask) -> bool:
    """Tell whether one rule covers what is asked."""
    if not _has(rule.get("verbs"), ask.verb):
        return False
    if ask.path:
        return any(_path_matches(pattern, ask.path) for pattern in rule.get("nonResourceURLs") or ())
    if not _has(rule.get("apiGroups"), ask.group) or not _resource_matches(rule.get("resources"), ask):
        return False
    names = rule.get("resourceNames")
    return not names or ask.name in names


def _has(listed: list[str] | None, wanted: str) -> bool:
    return listed is not None and (wanted in listed or "*" in listed)


def _resource_matches(listed: list[str] | None, ask: Ask) -> bool:
    if listed is None:
        return False
    if "*" in listed or ask.combined in listed:
        return True
    return bool(ask.subresource) and f"*/{ask.subresource}" in listed


def _path_matches(pattern: str, path: str) -> bool:
    return pattern in ("*", path) or (pattern.endswith("*") and path.startswith(pattern[:-1]))
