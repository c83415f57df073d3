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


def domain_id(namespace: Json) -> str:
    """Return the id of a project's domain."""
    return names.labels_of(namespace).get(DOMAIN, DEFAULT_DOMAIN)


def enabled(namespace: Json) -> bool:
    """Tell whether a project is enabled, and is not being deleted."""
    if "deletionTimestamp" in namespace["metadata"]:
        return False
    return names.labels_of(namespace).get(ENABLED) != "false"


def by_project(namespace: Json) -> tuple[str, ...]:
    """Index a namespace by project id, if it is a project."""
    return (names.project_id(namespace),) if names.is_project(namespace) else ()


def by_project_name(namespace: Json) -> tuple[str, ...]:
    """Index a namespace by `domain id/project name`, if it is a project."""
    if not names.is_project(namespace):
        return ()
    return (f"{domain_id(namespace)}/{names.display_name(namespace)}",)


def find(cluster: Cluster, project_id: str) -> Json | None:
    """Return the namespace of a project, or None."""
    found = cluster.cache(NAMESPACES).find("project", project_id)
    return found[0] if found else None


def find_by_name(cluster: Cluster, domain: str, name: str) -> Json | None:
    """Return the namespace of the project of that name in a domain, or None."""
    found = cluster.cache(NAMESPACES).find("project-name", f"{domain}/{name}")
    return found[0] if found else None
