"""Opening an image to others: a Role and a RoleBinding beside it, which Dicot writes once the caller may share it.

Kubernetes then decides who may clone the data, whatever Dicot says.
"""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.image.images import manifest, spelling
from dicot.image.images.lookup import readers_name
from dicot.kube import errors as kube
from dicot.kube.kinds import NAMESPACES, ROLE_BINDINGS, ROLES, Kind

Json = dict[str, Any]

EVERYONE = ["system:authenticated", "system:serviceaccounts"]
FIELD_MANAGER = "dicot"


def groups(cluster: Cluster, source: Json, visibility: str) -> list[str]:
    """Return the groups that may clone an image of this visibility.

    Of a shared one all members, as in Glance: accepting it only brings it into a project's lists.
    """
    if visibility in {"public", "community"}:
        return EVERYONE
    if visibility != "shared":
        return []
    found: list[str] = []
    for project_id in sorted(spelling.members(source)):
        found += _groups_of(cluster, project_id)
    return found


def _groups_of(cluster: Cluster, project_id: str) -> list[str]:
    """Return a project's people and its service accounts: KubeVirt clones as one of the latter."""
    for namespace in cluster.cache(NAMESPACES).all():
        if names.is_project(namespace) and names.project_id(namespace) == project_id:
            return [names.project_group(project_id), f"system:serviceaccounts:{namespace['metadata']['name']}"]
    return [names.project_group(project_id)]


async def open_to(cluster: Cluster, source: Json, visibility: str) -> None:
    """Make the Role and RoleBinding be what the visibility and the members demand; remove them if nobody may."""
    name, namespace = readers_name(source), source["metadata"]["namespace"]
    wanted = groups(cluster, source, visibility)
    if not wanted:
        await _remove(cluster, ROLE_BINDINGS, name, namespace)
        await _remove(cluster, ROLES, name, namespace)
        return
    await cluster.client.apply(ROLES, manifest.readers_role(source, name), namespace, field_manager=FIELD_MANAGER)
    binding = manifest.readers_binding(source, name, wanted, visibility)
    made = await cluster.client.apply(ROLE_BINDINGS, binding, namespace, field_manager=FIELD_MANAGER)
    cluster.cache(ROLE_BINDINGS).learn(made)


async def _remove(cluster: Cluster, kind: Kind, name: str, namespace: str) -> None:
    held = cluster.cache(ROLE_BINDINGS).get(name, namespace) if kind is ROLE_BINDINGS else None
    try:
        await cluster.client.delete(kind, name, namespace)
    except kube.NotFound:
        return
    if held is not None:
        cluster.cache(ROLE_BINDINGS).forget(held["metadata"]["uid"])
