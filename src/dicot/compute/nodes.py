"""Nodes as Nova's hosts: which can run servers, where they stand, whether they may be used. Reads the cache only."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.compute.servers.beside import DEFAULT_ZONE, zone_of
from dicot.kube.kinds import NODES

Json = dict[str, Any]

__all__ = [
    "DEFAULT_ZONE",
    "DISABLED_REASON",
    "FORCED_DOWN",
    "HEARTBEAT",
    "disabled_reason",
    "hosts",
    "is_available",
    "is_disabled",
    "is_forced_down",
    "is_ready",
    "number",
    "service_id",
    "zone_of",
]

SCHEDULABLE = "kubevirt.io/schedulable"
"""Label that KubeVirt's handler keeps on the nodes it runs on: "false" when it has not been heard of."""
HEARTBEAT = "kubevirt.io/heartbeat"
DISABLED_REASON = "compute.dicot.io/disabled-reason"
"""Annotation: why somebody cordoned a node through Nova's API."""
FORCED_DOWN = "compute.dicot.io/forced-down"
"""Annotation: an administrator says that the node is fenced, whatever its condition; nothing is evicted by it."""
_ID_BITS = 31


def hosts(cluster: Cluster) -> list[Json]:
    """Return the nodes that KubeVirt runs on, by name."""
    found = [node for node in cluster.cache(NODES).all() if SCHEDULABLE in names.labels_of(node)]
    return sorted(found, key=lambda node: node["metadata"]["name"])


def is_forced_down(node: Json) -> bool:
    """Tell whether an administrator has said that a node is down."""
    return names.annotations_of(node).get(FORCED_DOWN) == "true"


def is_ready(node: Json) -> bool:
    """Tell whether a node and KubeVirt's handler on it are alive, and nobody says otherwise."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and names.labels_of(node)[SCHEDULABLE] == "true" and not is_forced_down(node)


def is_disabled(node: Json) -> bool:
    """Tell whether somebody has cordoned a node."""
    return bool((node.get("spec") or {}).get("unschedulable"))


def disabled_reason(node: Json) -> str | None:
    """Return why a node is cordoned, if that was told: a node that is not has no reason."""
    return names.annotations_of(node).get(DISABLED_REASON) if is_disabled(node) else None


def is_available(node: Json) -> bool:
    """Tell whether servers may be put on a node."""
    return is_ready(node) and not is_disabled(node)


def service_id(node: Json) -> str:
    """Return the id of the nova-compute that a node's handler is."""
    return names.derived_id("nova-compute", node["metadata"]["uid"])


def number(uid: str) -> int:
    """Make the number that stands for a UUID in versions that knew numbers only."""
    return int(uid.replace("-", "")[:8], 16) % 2**_ID_BITS
