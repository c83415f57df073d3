"""Finds servers for a caller, and what the cluster knows beside them. Reads only the cache, but for one miss by id."""

from __future__ import annotations

import re
from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import NAMESPACES, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES

Json = dict[str, Any]

NOUN = "server"

_UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


async def find(cluster: Cluster, caller: Caller, server_id: str) -> Json:
    """Return the VirtualMachine that is this server; 404, in Nova's words, if the caller may not know of one."""
    vm = None
    if _UUID.fullmatch(server_id):
        # Clients try names as ids first; only an id is worth a question to Kubernetes.
        vm = await cluster.find(
            caller, VIRTUAL_MACHINES, NOUN, server_id, None if caller.cloud_admin else caller.namespace
        )
    if vm is None or not is_server(cluster, vm):
        raise NotFound(f"Instance {server_id} could not be found.")
    return vm


def is_server(cluster: Cluster, vm: Json) -> bool:
    """Tell whether a VirtualMachine lives in a project, so that OpenStack may see it."""
    namespace = cluster.cache(NAMESPACES).get(vm["metadata"]["namespace"])
    return namespace is not None and names.is_project(namespace)


def servers_of(cluster: Cluster, namespace: str) -> list[Json]:
    """Return the VirtualMachines of a project; of all projects for ""."""
    cache = cluster.cache(VIRTUAL_MACHINES)
    if namespace:
        return cache.find("namespace", namespace)
    return [vm for vm in cache.all() if is_server(cluster, vm)]


def instance_of(cluster: Cluster, vm: Json) -> Json | None:
    """Return the machine's instance, if it has one and owns it."""
    meta = vm["metadata"]
    vmi = cluster.cache(VIRTUAL_MACHINE_INSTANCES).get(meta["name"], meta["namespace"])
    if vmi is None:
        return None
    owners = vmi["metadata"].get("ownerReferences") or ()
    return vmi if any(owner["uid"] == meta["uid"] for owner in owners) else None
