"""Projects as they are found: namespaces by project id, or by domain and name, and whether one may be used."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.kube.kinds import NAMESPACES

Json = dict[str, Any]

DEFAULT_DOMAIN = "default"
DOMAIN = names.id_label("domain")
"""Label: the domain of a project; a namespace without it is in the default domain."""
ENABLED = "dicot.io/enabled"
"""Label: "false" on a project that is disabled."""


PARENT = "dicot.io/parent-id"
"""Label: the id of the project that a project is below; without it, it is right below its domain."""


def parent_id(namespace: Json) -> str:
    """Return the id of the project that a project is below, else of its domain."""
    return names.labels_of(namespace).get(PARENT) or domain_id(namespace)


def domain_id(namespace: Json) -> str:
    """Return the id of a project's domain."""
    return names.labels_of(namespace).get(DOMAIN, DEFAULT_DOMAIN)


def enabled(namespace: Json) -> bool:
    """Tell whether a project is enabled."""
    return names.labels_of(namespace).get(ENABLED) != "false"


def _exists(namespace: Json) -> bool:
    """Tell whether a namespace is a project that is not being deleted: one that is, is gone for OpenStack."""
    return names.is_project(namespace) and "deletionTimestamp" not in namespace["metadata"]


def by_project(namespace: Json) -> tuple[str, ...]:
    """Index a namespace by project id, if it is a project."""
    return (names.project_id(namespace),) if _exists(namespace) else ()


def by_project_name(namespace: Json) -> tuple[str, ...]:
    """Index a namespace by `domain id/project name`, if it is a project."""
    if not _exists(namespace):
        return ()
    return (f"{domain_id(namespace)}/{names.display_name(namespace)}",)


def find(cluster: Cluster, project_id: str) -> Json | None:
    """Return the namespace of a project, or None."""
    found = cluster.cache(NAMESPACES).find("project", project_id)
    return found[0] if found else None


def all_of(cluster: Cluster) -> list[Json]:
    """Return the namespaces of all projects."""
    return [namespace for namespace in cluster.cache(NAMESPACES).all() if _exists(namespace)]


def find_by_name(cluster: Cluster, domain: str, name: str) -> Json | None:
    """Return the namespace of the project of that name in a domain, or None."""
    found = cluster.cache(NAMESPACES).find("project-name", f"{domain}/{name}")
    # Whoever may label namespaces may give two one name: the older one keeps it.
    return min(found, key=lambda one: one["metadata"]["creationTimestamp"], default=None)


def by_parent(namespace: Json) -> tuple[str, ...]:
    """Index a namespace by the id of the project that it is below, if it is a project."""
    return (parent_id(namespace),) if _exists(namespace) else ()


def children(cluster: Cluster, project_id: str) -> list[Json]:
    """Return the namespaces of the projects right below one."""
    return cluster.cache(NAMESPACES).find("project-parent", project_id)


def descendants(cluster: Cluster, project_id: str) -> list[Json]:
    """Return the namespaces of all projects below one; a circle, which kubectl can make, is walked once."""
    found: dict[str, Json] = {}
    left = [project_id]
    while left:
        for one in children(cluster, left.pop()):
            identity = names.project_id(one)
            if identity not in found and identity != project_id:
                found[identity] = one
                left.append(identity)
    return list(found.values())


def ancestors(cluster: Cluster, namespace: Json) -> list[Json]:
    """Return the namespaces of the projects that one is below, the nearest first."""
    found: dict[str, Json] = {}
    above = find(cluster, parent_id(namespace))
    while above is not None and names.project_id(above) not in found:
        found[names.project_id(above)] = above
        above = find(cluster, parent_id(above))
    return list(found.values())
