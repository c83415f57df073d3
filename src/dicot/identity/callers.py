"""From what a token says to who calls now: user, project and roles as the caches have them at this moment.

Dictionary look-ups only: any request of any service may have to wait for it.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.api.errors import Unauthorized
from dicot.api.policy import Caller
from dicot.api.token import Payload
from dicot.cluster import Cluster
from dicot.identity import grants, namespaces, people, roleset, trusted
from dicot.identity.kinds import APPLICATION_CREDENTIALS, DOMAINS, GROUPS, IDENTITY_ROLES, REVOKED_TOKENS, TRUSTS, USERS
from dicot.identity.times import parse, stamp
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, NAMESPACES, ROLE_BINDINGS

Json = dict[str, Any]

KINDS = (
    NAMESPACES,
    ROLE_BINDINGS,
    CLUSTER_ROLE_BINDINGS,
    DOMAINS,
    USERS,
    GROUPS,
    APPLICATION_CREDENTIALS,
    IDENTITY_ROLES,
    TRUSTS,
    REVOKED_TOKENS,
)
"""What the answer to "who is this" rests on, besides the token and the time."""

REFUSED = "The request you have made requires authentication."
"""Keystone's one sentence for every reason, so that nothing can be learnt from it."""


def refused() -> Unauthorized:
    """Make the 401 that tells nothing."""
    return Unauthorized(REFUSED)


def kubernetes_user_id(username: str) -> str:
    """Return the id of a person whom only Kubernetes knows."""
    return hashlib.sha256(username.encode()).hexdigest()[:32]


def caller(cluster: Cluster, payload: Payload) -> Caller:
    """Return who bears a token now; Unauthorized if any of what it rests on is gone, disabled or revoked."""
    if payload.expires_at <= time.time() or _revoked(cluster, payload):
        raise refused()
    if payload.trust_id:
        return _by_trust(cluster, payload)
    user = _user(cluster, payload)
    kube_user, kube_groups = identity_in_kubernetes(cluster, payload)
    subjects = grants.subject_keys(kube_user, kube_groups)
    system_roles = roles_in_system(cluster, subjects)
    namespace: Json | None = None
    roles: frozenset[str] = frozenset()
    if payload.project_id:
        namespace = usable_project(cluster, payload.project_id)
        if namespace is None:
            raise refused()
        roles = system_roles | roles_in_namespace(cluster, namespace["metadata"]["name"], subjects)
    elif payload.domain_id:
        if not people.enabled(people.domain(cluster, payload.domain_id)):
            raise refused()
        roles = roles_on_domain(cluster, payload.domain_id, subjects)
    elif payload.system:
        roles = system_roles
    kube_extra: tuple[tuple[str, str], ...] = ()
    if payload.application_credential_id:
        credential = _credential(cluster, payload)
        if narrowed(cluster, credential, roles):
            kube_user = grants.credential_user(payload.application_credential_id)
            kube_groups, kube_extra = (grants.AUTHENTICATED,), (("dicot.io/user", payload.user_id),)
        roles &= roleset.implied(cluster, credential["spec"]["roles"])
    if not roles and (payload.project_id or payload.domain_id or payload.system):
        raise refused()
    return Caller(
        user_id=payload.user_id,
        user_name=people.name_of(user) if user else payload.kube_user,
        user_domain_id=people.domain_id_of(user) if user else namespaces.DEFAULT_DOMAIN,
        kube_user=kube_user,
        kube_groups=(*kube_groups, names.project_group(payload.project_id)) if payload.project_id else kube_groups,
        roles=roles,
        cloud_admin=grants.ADMIN in system_roles and grants.ADMIN in roles,
        project_id=payload.project_id,
        project_name=names.display_name(namespace) if namespace else "",
        project_domain_id=namespaces.domain_id(namespace) if namespace else "",
        namespace=namespace["metadata"]["name"] if namespace else "",
        domain_id=payload.domain_id,
        system=payload.system,
        token_id=payload.audit_ids[0],
        methods=payload.methods,
        kube_extra=kube_extra,
        application_credential_id=payload.application_credential_id,
    )


def _by_trust(cluster: Cluster, payload: Payload) -> Caller:
    """Return who acts by a trust: with its roles in its project only, all of which its trustor must still have."""
    line = trusted.line(cluster, payload.trust_id)
    if not line:
        raise refused()
    spec = line[0]["spec"]
    for user_id in {one for trust in line for one in trusted.user_ids(trust)}:
        _living_user(cluster, user_id, payload.issued_at)
    acting = people.user(cluster, spec["trustorUserId"] if spec["impersonation"] else spec["trusteeUserId"])
    assert acting is not None, "it was looked up above"
    namespace = usable_project(cluster, spec["projectId"]) if "projectId" in spec else None
    if namespace is None and "projectId" in spec:
        raise refused()
    roles = roleset.implied(cluster, spec["roles"]) if namespace else frozenset()
    if namespace:
        bound = roles_in_namespace(
            cluster, namespace["metadata"]["name"], grants.subject_keys(grants.trust_user(payload.trust_id), ())
        )
        if not roles <= bound & roles_of_user(cluster, line[-1]["spec"]["trustorUserId"], namespace):
            raise refused()
    project = (names.project_group(payload.project_id),) if payload.project_id else ()
    return Caller(
        user_id=people.user_id_of(acting),
        user_name=people.name_of(acting),
        user_domain_id=people.domain_id_of(acting),
        kube_user=grants.trust_user(payload.trust_id),
        kube_groups=(grants.AUTHENTICATED, *project),
        kube_extra=(("dicot.io/trustor", spec["trustorUserId"]), ("dicot.io/trustee", spec["trusteeUserId"])),
        roles=roles,
        project_id=payload.project_id,
        project_name=names.display_name(namespace) if namespace else "",
        project_domain_id=namespaces.domain_id(namespace) if namespace else "",
        namespace=namespace["metadata"]["name"] if namespace else "",
        token_id=payload.audit_ids[0],
        methods=payload.methods,
        trust_id=payload.trust_id,
    )


def roles_of_user(cluster: Cluster, user_id: str, namespace: Json) -> frozenset[str]:
    """Return the roles that a user of Dicot has in a project now, with what they imply."""
    subjects = grants.subject_keys(*of_user(cluster, user_id))
    return roles_in_system(cluster, subjects) | roles_in_namespace(cluster, namespace["metadata"]["name"], subjects)


def holds_until(cluster: Cluster, payload: Payload) -> float:
    """Return when the caller of a token must be looked up again, though nothing changes: when something ends."""
    credential = people.application_credential(cluster, payload.application_credential_id)
    expires_at = credential["spec"].get("expiresAt") if credential else None
    if payload.trust_id:
        expires_at = trusted.ends(trusted.line(cluster, payload.trust_id))
    return min(payload.expires_at, parse(expires_at)) if expires_at else payload.expires_at


def _revoked(cluster: Cluster, payload: Payload) -> bool:
    return bool(cluster.cache(REVOKED_TOKENS).find("audit", payload.audit_ids[0]))


def _user(cluster: Cluster, payload: Payload) -> Json | None:
    """Return the User object of a token, None for a person whom only Kubernetes knows."""
    return None if payload.kube_user else _living_user(cluster, payload.user_id, payload.issued_at)


def _living_user(cluster: Cluster, user_id: str, issued_at: float) -> Json:
    user = people.user(cluster, user_id)
    if user is None or not people.enabled(user):
        raise refused()
    not_before = user["spec"].get("tokensNotBefore")
    if not_before is not None and stamp(issued_at) < not_before:
        raise refused()
    if not people.enabled(people.domain(cluster, people.domain_id_of(user))):
        raise refused()
    return user


def subjects_of(cluster: Cluster, one: Caller) -> tuple[str, ...]:
    """Return what bindings file a caller under: of an application credential, its user."""
    if one.application_credential_id:
        return grants.subject_keys(*of_user(cluster, one.user_id))
    return grants.subject_keys(one.kube_user, one.kube_groups)


def identity_in_kubernetes(cluster: Cluster, payload: Payload) -> tuple[str, tuple[str, ...]]:
    """Return the user name and the groups that writes go out with."""
    if payload.kube_user:
        return payload.kube_user, payload.kube_groups
    return of_user(cluster, payload.user_id)


def of_user(cluster: Cluster, user_id: str) -> tuple[str, tuple[str, ...]]:
    """Return the user name and the groups under which Kubernetes knows a user of Dicot."""
    groups = people.groups_of(cluster, user_id)
    names_of_groups = (grants.kube_group(names.identity_of(group, "group")) for group in groups)
    return grants.kube_user(user_id), (*names_of_groups, grants.AUTHENTICATED)


def usable_project(cluster: Cluster, project_id: str) -> Json | None:
    """Return the namespace of a project that is enabled, in a domain that is enabled."""
    namespace = namespaces.find(cluster, project_id)
    return namespace if namespace is not None and usable(cluster, namespace) else None


def usable(cluster: Cluster, namespace: Json) -> bool:
    """Tell whether a project is enabled, in a domain that is enabled."""
    return namespaces.enabled(namespace) and people.enabled(people.domain(cluster, namespaces.domain_id(namespace)))


def projects_with_roles(cluster: Cluster, subjects: Iterable[str]) -> list[Json]:
    """Return the namespaces of the projects in which RoleBindings give these subjects a role."""
    cache, projects = cluster.cache(ROLE_BINDINGS), cluster.cache(NAMESPACES)
    bound = {binding["metadata"]["namespace"] for subject in subjects for binding in cache.find("subject", subject)}
    found = (projects.get(name) for name in sorted(bound))
    return [namespace for namespace in found if namespace is not None and namespaces.by_project(namespace)]


def roles_in_namespace(cluster: Cluster, namespace: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return the roles that RoleBindings of one namespace give, with what they imply."""
    cache = cluster.cache(ROLE_BINDINGS)
    found: frozenset[str] = frozenset()
    for subject in subjects:
        for binding in cache.find("place", f"{namespace}/{subject}"):
            found |= roleset.implied(cluster, (grants.role_of(binding),))
    return found


def roles_in_system(cluster: Cluster, subjects: Iterable[str]) -> frozenset[str]:
    """Return the roles that ClusterRoleBindings give over the whole cluster, with what they imply."""
    cache = cluster.cache(CLUSTER_ROLE_BINDINGS)
    found: frozenset[str] = frozenset()
    for subject in subjects:
        for binding in cache.find("subject", subject):
            found |= roleset.implied(cluster, (grants.role_of(binding),))
    return found


def roles_on_domain(cluster: Cluster, domain_id: str, subjects: Iterable[str]) -> frozenset[str]:
    """Return the roles on a domain; an administrator of the whole cluster has all of them on every domain."""
    cache = cluster.cache(CLUSTER_ROLE_BINDINGS)
    found: frozenset[str] = frozenset()
    for subject in subjects:
        for binding in cache.find("domain-subject", subject):
            on, role = grants.domain_role_of(binding) or ("", "")
            if on == domain_id and not grants.inherited(binding):
                found |= roleset.implied(cluster, (role,))
    return found | roles_in_system(cluster, subjects)


def _credential(cluster: Cluster, payload: Payload) -> Json:
    found = people.application_credential(cluster, payload.application_credential_id)
    if found is None or found["spec"]["userId"] != payload.user_id or expired(found):
        raise refused()
    return found


def expired(credential: Json) -> bool:
    """Tell whether an application credential has ended."""
    expires_at = credential["spec"].get("expiresAt")
    return expires_at is not None and expires_at <= stamp(time.time())


def narrowed(cluster: Cluster, credential: Json, roles: frozenset[str]) -> bool:
    """Tell whether an application credential stands for less than its user, who has these roles in its project."""
    return "accessRules" in credential["spec"] or not roles <= roleset.implied(cluster, credential["spec"]["roles"])
