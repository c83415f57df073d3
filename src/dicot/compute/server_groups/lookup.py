"""Finds server groups and their members. Reads only the cache, but for one miss by id."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.compute.kinds import SERVER_GROUPS
from dicot.compute.server_groups.manifest import MEMBER, NOUN
from dicot.kube.kinds import VIRTUAL_MACHINES

Json = dict[str, Any]


def member_of(vm: Json) -> Iterable[str]:
    """Index machines by the group they say they are in."""
    group_id = names.labels_of(vm).get(MEMBER)
    return (group_id,) if group_id else ()


async def find(cluster: Cluster, caller: Caller, group_id: str) -> Json:
    """Return a group of the caller's project, to an administrator any; 404 in Nova's words."""
    space = None if caller.cloud_admin else caller.namespace
    found = await cluster.find(caller, SERVER_GROUPS, NOUN, group_id, space)
    if found is None:
        raise NotFound(f"Instance group {group_id} could not be found.")
    return found


def of_project(cluster: Cluster, namespace: str) -> list[Json]:
    """Return the groups of a project, of all projects for "", oldest first."""
    cache = cluster.cache(SERVER_GROUPS)
    found = cache.find("namespace", namespace) if namespace else cache.all()
    return sorted(found, key=lambda one: (one["metadata"]["creationTimestamp"], names.identity_of(one, NOUN)))


def members(cluster: Cluster, group: Json) -> list[Json]:
    """Return the machines in a group, oldest first: a label of another project's machine counts for nothing."""
    space = group["metadata"]["namespace"]
    found = cluster.cache(VIRTUAL_MACHINES).find("server-group", names.identity_of(group, NOUN))
    here = [vm for vm in found if vm["metadata"]["namespace"] == space and "deletionTimestamp" not in vm["metadata"]]
    return sorted(here, key=lambda vm: (vm["metadata"]["creationTimestamp"], vm["metadata"]["uid"]))


def group_of(cluster: Cluster, vm: Json) -> str:
    """Return the id of the group that a machine is in, "" for none; a group that was deleted has no members."""
    for group_id in member_of(vm):
        for group in cluster.cache(SERVER_GROUPS).find("id", group_id):
            if group["metadata"]["namespace"] == vm["metadata"]["namespace"]:
                return group_id
    return ""
