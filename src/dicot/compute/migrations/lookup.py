"""Finds migrations, and what the caches know beside them."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.compute.migrations.view import Row
from dicot.compute.servers import lookup
from dicot.kube.kinds import NAMESPACES, NODES, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, VIRTUAL_MACHINES

Json = dict[str, Any]


def row(cluster: Cluster, vm: Json, job: Json) -> Row:
    """Put together what is known of a migration of this machine."""
    namespace = cluster.cache(NAMESPACES).get(vm["metadata"]["namespace"])
    state = _state(cluster, vm, job)
    node = cluster.cache(NODES).get(state.get("targetNode") or "")
    addresses = ((node or {}).get("status") or {}).get("addresses") or ()
    return Row(
        job=job,
        state=state,
        server_id=names.identity_of(vm, lookup.NOUN),
        project_id=names.project_id(namespace) if namespace is not None else "",
        dest_host=next((one["address"] for one in addresses if one["type"] == "InternalIP"), None),
    )


def _state(cluster: Cluster, vm: Json, job: Json) -> Json:
    kept: Json | None = (job.get("status") or {}).get("migrationState")
    vmi = lookup.instance_of(cluster, vm)
    told: Json = ((vmi or {}).get("status") or {}).get("migrationState") or {}
    # The job's own holds nothing but the source's pod until KubeVirt lets go of it, a moment after its end.
    return told if told.get("migrationUid") == job["metadata"]["uid"] else kept or {}


def rows(cluster: Cluster) -> list[Row]:
    """Return every migration of a server."""
    found = []
    machines = cluster.cache(VIRTUAL_MACHINES)
    for job in cluster.cache(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS).all():
        vm = machines.get(job["spec"].get("vmiName", ""), job["metadata"]["namespace"])
        if vm is not None and lookup.is_server(cluster, vm):
            found.append(row(cluster, vm, job))
    return found
