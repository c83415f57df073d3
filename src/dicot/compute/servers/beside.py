"""What stands beside a VirtualMachine in the cluster and belongs to a server's view. Reads caches, nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec

from dicot import names
from dicot.cluster import Cluster
from dicot.compute.flavors import manifest as flavors
from dicot.compute.kinds import SERVER_GROUPS
from dicot.compute.server_groups import lookup as server_groups
from dicot.compute.servers import marks
from dicot.compute.servers.manifest import DEFAULT_ZONE, ZONE_LABEL
from dicot.compute.servers.view import Beside
from dicot.image.images import spelling as images
from dicot.kube.kinds import (
    CLUSTER_INSTANCETYPES,
    DATA_SOURCES,
    DATA_VOLUMES,
    NAMESPACES,
    NODES,
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VOLUME_SNAPSHOTS,
)
from dicot.kube.quantity import mebibytes
from dicot.network import plug
from dicot.network.kinds import FLOATING_IPS, NETWORKS, PORTS, SECURITY_GROUPS, SUBNETS
from dicot.volume import spelling as volumes

Json = dict[str, Any]

_SHOWN = (
    CLUSTER_INSTANCETYPES,
    DATA_SOURCES,
    DATA_VOLUMES,
    FLOATING_IPS,
    NAMESPACES,
    NETWORKS,
    PERSISTENT_VOLUME_CLAIMS,
    PORTS,
    SECURITY_GROUPS,
    SERVER_GROUPS,
    SUBNETS,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VOLUME_SNAPSHOTS,
)


def counts(cluster: Cluster) -> tuple[int, ...]:
    """Count the changes of everything that `gather` reads but nodes: equal counts, equal result."""
    caches = cluster.caches
    return tuple([caches[kind].changes for kind in _SHOWN])


def node_of(cluster: Cluster, vmi: Json | None) -> Json | None:
    """Return the node that an instance runs on."""
    name = ((vmi or {}).get("status") or {}).get("nodeName")
    return cluster.cache(NODES).get(name) if name else None


def gather(cluster: Cluster, vm: Json, vmi: Json | None, node: Json | None) -> Beside:
    """Put together what the caches know beside a machine."""
    meta = vm["metadata"]
    namespace = cluster.cache(NAMESPACES).get(meta["namespace"])
    server_id = names.identity_of(vm, "server")
    return Beside(
        project_id=names.project_id(namespace) if namespace is not None else "",
        addresses=plug.addresses(cluster, server_id, vm, vmi),
        security_groups=tuple(plug.security_group_names(cluster, meta["namespace"], server_id)),
        zone=zone_of(node) if node is not None else "",
        host_status=_host_status(node),
        attached=tuple(attached(cluster, vm)),
        flavor=flavor(cluster, vm, vmi),
        image_id=_image_id(cluster, vm),
        server_group=server_groups.group_of(cluster, vm),
        task=_task(cluster, vm, server_id),
    )


def by_machine(migration: Json) -> Iterable[str]:
    """Index a VirtualMachineInstanceMigration by the machine that it moves."""
    return (f"{migration['metadata']['namespace']}/{migration['spec'].get('vmiName', '')}",)


def migrations(cluster: Cluster, vm: Json) -> list[Json]:
    """Return the migrations of a machine that KubeVirt still keeps."""
    key = f"{vm['metadata']['namespace']}/{vm['metadata']['name']}"
    return cluster.cache(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS).find("machine", key)


def _task(cluster: Cluster, vm: Json, server_id: str) -> str:
    """Name what is done to a server by objects of their own: it is moved, or an image of its disk is being taken."""
    jobs = migrations(cluster, vm)
    if any((job.get("status") or {}).get("phase") not in ("Succeeded", "Failed") for job in jobs):
        return "migrating"
    namespace = vm["metadata"]["namespace"]
    cache = cluster.cache(VOLUME_SNAPSHOTS)
    for snapshot in cache.find("server", server_id) if cache.available else ():
        state = snapshot.get("status") or {}
        if snapshot["metadata"]["namespace"] == namespace and not (state.get("readyToUse") or state.get("error")):
            return "image_snapshot"
    return ""


def zone_of(node: Json) -> str:
    """Name the availability zone of a node."""
    return names.labels_of(node).get(ZONE_LABEL, DEFAULT_ZONE)


def _host_status(node: Json | None) -> str:
    if node is None:
        return ""
    if (node.get("spec") or {}).get("unschedulable"):
        return "MAINTENANCE"
    ready = [one["status"] for one in (node.get("status") or {}).get("conditions") or () if one["type"] == "Ready"]
    return {"True": "UP", "False": "DOWN"}.get(ready[0] if ready else "", "UNKNOWN")


def attached(cluster: Cluster, vm: Json) -> list[tuple[str, bool]]:
    """List the volumes of a machine by id, in its order, with whether each dies with it."""
    found = []
    for claim_name in volumes.claim_names(volumes.vm_volumes(vm)):
        claim, data_volume = claim_of(cluster, vm["metadata"]["namespace"], claim_name)
        thing = claim or data_volume
        if thing is not None and volumes.is_volume(thing, data_volume):
            dies = _dies_with(vm, claim) or _dies_with(vm, data_volume)
            found.append((names.identity_of(thing, "volume"), dies))
    return found


def claim_of(cluster: Cluster, namespace: str, name: str) -> tuple[Json | None, Json | None]:
    """Return a claim and the DataVolume of its name; either may not exist (yet)."""
    return (
        cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(name, namespace),
        cluster.cache(DATA_VOLUMES).get(name, namespace),
    )


def _dies_with(vm: Json, thing: Json | None) -> bool:
    owners = (thing or {"metadata": {}})["metadata"].get("ownerReferences") or ()
    return any(owner["uid"] == vm["metadata"]["uid"] for owner in owners)


def _image_id(cluster: Cluster, vm: Json) -> str:
    known = names.annotations_of(vm).get(marks.IMAGE)
    if known is not None and (not known or names.is_uuid(known)):
        return known
    for template in vm["spec"].get("dataVolumeTemplates") or ():
        reference = template["spec"].get("sourceRef") or {}
        namespace = reference.get("namespace") or vm["metadata"]["namespace"]
        source = cluster.cache(DATA_SOURCES).get(reference.get("name", ""), namespace)
        if source is not None:
            return images.identity(source)
    return ""


def flavor(cluster: Cluster, vm: Json, vmi: Json | None) -> Json:
    """Tell a server's flavor: as it was when the server got it, else as its instancetype is, else made up.

    The annotation counts as long as nobody has given the machine another instancetype since.
    """
    chosen = vm["spec"].get("instancetype") or {}
    known = marks.flavor(vm)
    if known is not None and chosen.get("name", known.instancetype) == known.instancetype:
        told = msgspec.structs.asdict(known)
        del told["instancetype"]
        return told
    found = cluster.cache(CLUSTER_INSTANCETYPES).get(chosen.get("name", "")) if chosen else None
    if found is not None and chosen.get("kind", "").lower() != "virtualmachineinstancetype":
        return embedded(found)
    return _custom((vmi or {}).get("spec") or vm["spec"]["template"]["spec"])


def embedded(instancetype: Json) -> Json:
    """Describe a flavor as servers carry it, with its id."""
    spec = instancetype["spec"]
    return {
        "id": flavors.flavor_id(instancetype),
        "vcpus": spec["cpu"]["guest"],
        "ram": mebibytes(spec["memory"]["guest"]),
        "disk": flavors.size(instancetype, "root-gb"),
        "ephemeral": flavors.size(instancetype, "ephemeral-gb"),
        "swap": flavors.size(instancetype, "swap-mb"),
        "original_name": flavors.flavor_name(instancetype),
        "extra_specs": flavors.extra_specs(instancetype),
    }


def _custom(spec: Json) -> Json:
    domain = spec.get("domain") or {}
    cpu = domain.get("cpu") or {}
    vcpus = int(cpu.get("sockets", 1)) * int(cpu.get("cores", 1)) * int(cpu.get("threads", 1))
    requests = (domain.get("resources") or {}).get("requests") or {}
    memory = (domain.get("memory") or {}).get("guest") or requests.get("memory") or 0
    return embedded(flavors.made_up(vcpus, mebibytes(memory)))
