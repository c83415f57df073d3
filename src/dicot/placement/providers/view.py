"""Kubernetes -> Placement, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot.compute import nodes
from dicot.compute.hypervisors import view as hypervisors

Json = dict[str, Any]

CLASSES = ("VCPU", "MEMORY_MB", "DISK_GB")
_SIZES = {"VCPU": "vcpus", "MEMORY_MB": "memory_mb", "DISK_GB": "local_gb"}
TRAITS = (
    "COMPUTE_IMAGE_TYPE_QCOW2",
    "COMPUTE_IMAGE_TYPE_RAW",
    "COMPUTE_NET_ATTACH_INTERFACE",
    "COMPUTE_NODE",
    "COMPUTE_VOLUME_EXTEND",
    "OWNER_NOVA",
)
"""What Dicot does on every node."""
DISABLED = "COMPUTE_STATUS_DISABLED"
_LINKS = ("inventories", "usages", "aggregates", "traits", "allocations")
GENERATION = 0


def provider(node: Json) -> Json:
    """Describe a resource provider, which is the root of its own tree."""
    uuid = node["metadata"]["uid"]
    path = f"/resource_providers/{uuid}"
    links = [{"rel": "self", "href": path}, *({"rel": rel, "href": f"{path}/{rel}"} for rel in _LINKS)]
    return {
        "uuid": uuid,
        "name": node["metadata"]["name"],
        "generation": GENERATION,
        "links": links,
        "parent_provider_uuid": None,
        "root_provider_uuid": uuid,
    }


def inventories(node: Json) -> dict[str, Json]:
    """Tell what a node has of each class; what it has none of is no inventory."""
    sizes = hypervisors.sizes(node, [])
    return {name: _inventory(sizes[_SIZES[name]]) for name in CLASSES if sizes[_SIZES[name]]}


def _inventory(total: int) -> Json:
    return {
        "total": total,
        "reserved": 0,
        "min_unit": 1,
        "max_unit": total,
        "step_size": 1,
        "allocation_ratio": 1.0,
    }


def resources(instances: list[Json]) -> dict[str, int]:
    """Add up what instances take of a node: their disks are volumes of the cluster, and take none of it."""
    taken = hypervisors.sizes({"status": {}}, instances)
    return {"VCPU": taken["vcpus_used"], "MEMORY_MB": taken["memory_mb_used"]}


def usages(node: Json, instances: list[Json]) -> dict[str, int]:
    """Tell how much of each inventory is used."""
    used = resources(instances)
    return {name: used.get(name, 0) for name in inventories(node)}


def traits(node: Json) -> list[str]:
    """Tell what a node can do."""
    return sorted((*TRAITS, DISABLED)) if nodes.is_disabled(node) else list(TRAITS)


def summary(node: Json, instances: list[Json]) -> Json:
    """Summarize a node that could take a server."""
    used, uuid = usages(node, instances), node["metadata"]["uid"]
    have = inventories(node).items()
    return {
        "resources": {name: {"capacity": one["total"], "used": used[name]} for name, one in have},
        "traits": traits(node),
        "parent_provider_uuid": None,
        "root_provider_uuid": uuid,
    }
