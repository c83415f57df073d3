"""`GET /v3/role_assignments`: every binding that gives a role, also those made with kubectl, as Keystone lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import callers, grants, lookup, namespaces, people, roleset, rules
from dicot.identity.assignments import view
from dicot.identity.assignments.targets import domain_names
from dicot.identity.assignments.view import Assignment, Party
from dicot.identity.listing import flag, wrapped
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, NAMESPACES, ROLE_BINDINGS

Json = dict[str, Any]

INHERITED = "scope.OS-INHERIT:inherited_to"
_EXCLUSIVE = (
    ("scope.domain.id", "scope.project.id", "Specify a domain or project, not both"),
    ("scope.domain.id", "scope.system", "Specify system or domain, not both"),
    ("scope.project.id", "scope.system", "Specify system or project, not both"),
    ("user.id", "group.id", "Specify a user or group, not both"),
)


async def index(request: Request, cluster: Cluster) -> Response:
    """List role assignments; `effective` tells groups as their members, and roles with all they imply and where."""
    effective = flag(request, "effective")
    _check_filters(request, effective=effective)
    found: Iterable[Assignment] = _all(cluster)
    if effective:
        found = _effective(cluster, found)
    if flag(request, "include_subtree"):
        found = _within(cluster, request.asked("scope.project.id"), found)
    wanted = [one for one in found if _passes(request, one) and _in_reach(request, one)]
    domains = domain_names(cluster) if flag(request, "include_names") else None
    return wrapped(request, "role_assignments", [view.assignment(one, request.url(), domains) for one in wanted])


def _check_filters(request: Request, *, effective: bool) -> None:
    for one, other, sentence in _EXCLUSIVE:
        if request.asked(one) and request.asked(other):
            raise BadRequest(sentence)
    if effective and request.asked("group.id"):
        raise BadRequest("Combining effective and group filter will always result in an empty list.")
    if effective and request.asked(INHERITED) == "projects" and request.asked("scope.domain.id"):
        raise BadRequest("Combining effective, domain and inherited filters will always result in an empty list.")
    if flag(request, "include_subtree") and not request.asked("scope.project.id"):
        raise BadRequest("scope.project.id must be specified if include_subtree is also specified")


def _within(cluster: Cluster, project_id: str, found: Iterable[Assignment]) -> Iterator[Assignment]:
    """Keep what is on a project, or on one below it."""
    namespace = lookup.project(cluster, project_id)
    tree = {names.project_id(one) for one in (namespace, *namespaces.descendants(cluster, project_id))}
    return (one for one in found if one.project is not None and one.project.id in tree)


def _all(cluster: Cluster) -> Iterator[Assignment]:
    """Tell every binding as assignments, one for each subject that is a user or group known here."""
    projects = cluster.cache(NAMESPACES)
    for binding in cluster.cache(ROLE_BINDINGS).all():
        role = grants.role_of(binding)
        namespace = projects.get(binding["metadata"]["namespace"])
        if role is None or namespace is None or not namespaces.by_project(namespace):
            continue
        if grants.INHERITED_FROM not in names.labels_of(binding):
            yield from _of_binding(cluster, binding, role, project=_project(namespace))
    for binding in cluster.cache(CLUSTER_ROLE_BINDINGS).all():
        role, on_domain = grants.role_of(binding), grants.domain_role_of(binding)
        below, inherited = grants.below_project(binding), grants.inherited(binding)
        if on_domain is not None:
            yield from _of_binding(cluster, binding, on_domain[1], domain_id=on_domain[0], inherited=inherited)
        elif below is not None:
            namespace = namespaces.find(cluster, below[0])
            if namespace is not None:
                yield from _of_binding(cluster, binding, below[1], project=_project(namespace), inherited=True)
        elif role is not None:
            yield from _of_binding(cluster, binding, role)


def _project(namespace: Json) -> Party:
    return Party(names.project_id(namespace), names.display_name(namespace), namespaces.domain_id(namespace))


def _of_binding(cluster: Cluster, binding: Json, role: str, **place: Any) -> Iterator[Assignment]:
    if role in grants.IMPLIED or roleset.made(cluster, role) is not None:
        yield from _of_subjects(cluster, binding, Assignment(role, roleset.name_of(cluster, role), **place))


def _of_subjects(cluster: Cluster, binding: Json, assignment: Assignment) -> Iterator[Assignment]:
    for key in grants.keys_of_subjects(binding):
        kind, _, name = key.partition(":")
        if kind == "User":
            user = _user(cluster, name)
            if user is not None:
                yield msgspec.structs.replace(assignment, user=user)
        elif name.startswith(grants.GROUP_PREFIX):
            group = people.group(cluster, name.removeprefix(grants.GROUP_PREFIX))
            if group is not None:
                yield msgspec.structs.replace(assignment, group=_party(group, people.group_id_of(group)))


def _user(cluster: Cluster, name: str) -> Party | None:
    """Return the user that a subject is: one of Dicot's, or a person whom only Kubernetes knows."""
    if not name.startswith(grants.USER_PREFIX):
        return Party(callers.kubernetes_user_id(name), name, namespaces.DEFAULT_DOMAIN)
    user = people.user(cluster, name.removeprefix(grants.USER_PREFIX))
    return _party(user, people.user_id_of(user)) if user else None


def _party(obj: Json, identity: str) -> Party:
    return Party(identity, people.name_of(obj), people.domain_id_of(obj))


def _effective(cluster: Cluster, found: Iterable[Assignment]) -> Iterator[Assignment]:
    for one in found:
        for direct in _members(cluster, one):
            for heir in _heirs(cluster, direct):
                yield heir
                for role in roleset.ordered(cluster, roleset.implied(cluster, [one.role]) - {one.role}):
                    name = roleset.name_of(cluster, role)
                    yield msgspec.structs.replace(heir, role=role, role_name=name, prior=one.role)


def _heirs(cluster: Cluster, one: Assignment) -> Iterator[Assignment]:
    """Tell an inherited assignment as what it means for each project below."""
    if not one.inherited:
        yield one
        return
    origin = view.place(one)
    below = (
        namespaces.descendants(cluster, one.project.id)
        if one.project is not None
        else [each for each in namespaces.all_of(cluster) if namespaces.domain_id(each) == one.domain_id]
    )
    for namespace in below:
        yield msgspec.structs.replace(one, project=_project(namespace), domain_id="", below=origin)


def _members(cluster: Cluster, one: Assignment) -> Iterator[Assignment]:
    if one.group is None:
        yield one
        return
    group = people.group(cluster, one.group.id)
    for user_id in (group["spec"].get("members") or ()) if group else ():
        user = people.user(cluster, user_id)
        if user is not None:
            party = _party(user, user_id)
            yield msgspec.structs.replace(one, group=None, user=party, membership=one.group.id)


def _passes(request: Request, one: Assignment) -> bool:
    have = {
        "user.id": one.user.id if one.user else "",
        "group.id": one.group.id if one.group else "",
        "role.id": grants.role_id(one.role),
        "scope.project.id": one.project.id if one.project else "",
        "scope.domain.id": one.domain_id,
        "scope.system": "all" if one.system else "",
    }
    if flag(request, "include_subtree"):
        del have["scope.project.id"]
    if any(key == INHERITED for key, _ in request.query):
        have[INHERITED] = "projects" if one.inherited else ""
    return all(have[key] == value for key, value in request.query if key in have and value)


def _in_reach(request: Request, one: Assignment) -> bool:
    """Tell whether the caller may read it: a reader of a domain sees what is in that domain."""
    if rules.reads_all(request.caller):
        return True
    return request.caller.domain_id == (one.project.domain_id if one.project else one.domain_id)
