"""What a role is assigned on, and to whom, as a request names them; and the bindings that stand for it."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import NotFound
from dicot.cluster import Cluster
from dicot.identity import callers, grants, lookup, people
from dicot.identity.assignments import manifest
from dicot.identity.kinds import DOMAINS
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, ROLE_BINDINGS, Kind

Json = dict[str, Any]


class Actor(msgspec.Struct, frozen=True):
    """A user or a group: its id, its name, and its side in Kubernetes."""

    id: str
    name: str
    subject: Json
    key: str


class Target(msgspec.Struct, frozen=True):
    """A project (its namespace), a domain, or (neither) the whole system. `below`: the projects below it instead."""

    project_id: str = ""
    namespace: str = ""
    domain_id: str = ""
    below: bool = False

    @property
    def kind(self) -> Kind:
        """Return the kind of the bindings that give roles here."""
        return ROLE_BINDINGS if self.namespace and not self.below else CLUSTER_ROLE_BINDINGS

    @property
    def id(self) -> str:
        """Return what Keystone calls it in its sentences."""
        return self.project_id or self.domain_id or "system"


def target(cluster: Cluster, params: dict[str, str], *, below: bool = False) -> Target:
    """Return what a path names: a project, a domain or the system."""
    if "project_id" in params:
        namespace = lookup.project(cluster, params["project_id"])
        return Target(project_id=params["project_id"], namespace=namespace["metadata"]["name"], below=below)
    if "domain_id" in params:
        lookup.domain(cluster, params["domain_id"])
        return Target(domain_id=params["domain_id"], below=below)
    return Target()


def actor(cluster: Cluster, params: dict[str, str]) -> Actor:
    """Return the user or group that a path names."""
    if "group_id" in params:
        return _group(lookup.group(cluster, params["group_id"]))
    user_id = params["user_id"]
    found = people.user(cluster, user_id)
    if found is not None:
        return _user(user_id, people.name_of(found), grants.kube_user(user_id))
    username = kubernetes_users(cluster).get(user_id)
    if username is None:
        raise lookup.absent("user", user_id)
    return _user(user_id, username, username)


def _user(user_id: str, name: str, username: str) -> Actor:
    return Actor(user_id, name, manifest.subject_of_user(username), f"User:{username}")


def _group(group: Json) -> Actor:
    group_id = names.identity_of(group, "group")
    kube_group = grants.kube_group(group_id)
    return Actor(group_id, people.name_of(group), manifest.subject_of_group(kube_group), f"Group:{kube_group}")


def kubernetes_users(cluster: Cluster) -> dict[str, str]:
    """Return the people whom only Kubernetes knows and who have a role somewhere: user name by id."""
    found: dict[str, str] = {}
    for kind in (ROLE_BINDINGS, CLUSTER_ROLE_BINDINGS):
        for binding in cluster.cache(kind).all():
            if grants.role_of(binding) is None:
                continue
            for key in grants.keys_of_subjects(binding):
                what, _, name = key.partition(":")
                if what == "User" and not name.startswith(grants.USER_PREFIX):
                    found[callers.kubernetes_user_id(name)] = name
    return found


def bindings(cluster: Cluster, where: Target, key: str) -> list[tuple[str, Json]]:
    """Return (role, binding) of everything that gives this subject a role on this target, and on nothing else."""
    cache = cluster.cache(CLUSTER_ROLE_BINDINGS)
    if where.domain_id or where.below:
        read = grants.domain_role_of if where.domain_id else grants.below_project
        found = [one for one in cache.find("domain-subject", key) if grants.inherited(one) == where.below]
        pairs = [(read(one), one) for one in found]
        return [(given[1], binding) for given, binding in pairs if given and given[0] == where.id]
    if where.namespace:
        found = cluster.cache(ROLE_BINDINGS).find("place", f"{where.namespace}/{key}")
        direct = [one for one in found if grants.INHERITED_FROM not in names.labels_of(one)]
        return [(role, binding) for binding in direct if (role := grants.role_of(binding))]
    return [(role, binding) for binding in cache.find("subject", key) if (role := grants.role_of(binding))]


def binding(where: Target, role: str, who: Actor) -> Json:
    """Return the binding that assigns a role."""
    if where.below:
        return manifest.below("domain" if where.domain_id else "project", where.id, role, who.subject, who.name)
    if where.namespace:
        return manifest.on_project(where.namespace, role, who.subject, who.name)
    if where.domain_id:
        return manifest.on_domain(where.domain_id, role, who.subject, who.name)
    return manifest.on_system(role, who.subject, who.name)


def unassigned(role_id: str, who: Actor, where: Target) -> NotFound:
    """Make the 404 of a role that the actor does not have there."""
    return NotFound(
        f"Could not find role assignment with role: {role_id}, user or group: {who.id}, "
        f"project, domain, or system: {where.id}."
    )


def domain_names(cluster: Cluster) -> dict[str, str]:
    """Return the name of every domain by id."""
    return {people.domain_id(one): people.name_of(one) for one in cluster.cache(DOMAINS).all()}
