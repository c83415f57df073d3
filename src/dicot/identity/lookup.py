"""Objects that a request names by id: found, or 404 in Keystone's words."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import NotFound
from dicot.cluster import Cluster
from dicot.identity import namespaces, people, roleset

Json = dict[str, Any]


def absent(noun: str, identity: str) -> NotFound:
    """Make the 404 of an object."""
    return NotFound(f"Could not find {noun}: {identity}.")


def _found(obj: Json | None, noun: str, identity: str) -> Json:
    if obj is None:
        raise absent(noun, identity)
    return obj


def project(cluster: Cluster, project_id: str) -> Json:
    """Return the namespace of a project."""
    return _found(namespaces.find(cluster, project_id), "project", project_id)


def user(cluster: Cluster, user_id: str) -> Json:
    """Return a user that Dicot keeps."""
    return _found(people.user(cluster, user_id), "user", user_id)


def group(cluster: Cluster, group_id: str) -> Json:
    """Return a group."""
    return _found(people.group(cluster, group_id), "group", group_id)


def domain(cluster: Cluster, domain_id: str) -> Json:
    """Return a domain."""
    return _found(people.domain(cluster, domain_id), "domain", domain_id)


def role(cluster: Cluster, role_id: str) -> str:
    """Return what a role is called here (see roleset)."""
    found = roleset.find(cluster, role_id)
    if found is None:
        raise absent("role", role_id)
    return found


def role_asked(cluster: Cluster, asked: Json) -> str:
    """Return what a role is called here that a body names by id or by name."""
    if "id" in asked:
        return role(cluster, asked["id"])
    found = roleset.named(cluster, asked["name"])
    if found is None:
        raise absent("role", asked["name"])
    return found
