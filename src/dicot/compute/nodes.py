"""Nodes as Nova's hosts: which can run servers, where they stand, whether they may be used. Reads the cache only."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.cluster import Cluster
from dicot.compute.servers.beside import DEFAULT_ZONE, zone_of
from dicot.kube.kinds import NODES

Json = dict[str, Any]

__all__ = ["DEFAULT_ZONE", "HEARTBEAT", "hosts", "is_available", "is_disabled", "is_ready", "zone_of"]

SCHEDULABLE = "kubevirt.io/schedulable"
"""Label that KubeVirt's handler keeps on the nodes it runs on: "false" when it has not been heard of."""
HEARTBEAT = "kubevirt.io/heartbeat"


def hosts(cluster: Cluster) -> list[Json]:
    """Return the nodes that KubeVirt runs on, by name."""
    found = [node for node in cluster.cache(NODES).all() if SCHEDULABLE in names.labels_of(node)]
    return sorted(found, key=lambda node: node["metadata"]["name"])


def is_ready(node: Json) -> bool:
    """Tell whether a node and KubeVirt's handler on it are alive."""
    conditions = (node.get("status") or {}).get("conditions") or ()
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)
    return ready and names.labels_of(node)[SCHEDULABLE] == "true"


def is_disabled(node: Json) -> bool:
    """Tell whether somebody has cordoned a node."""
    return bool((node.get("spec") or {}).get("unschedulable"))


def is_available(node: Json) -> bool:
    """Tell whether servers may be put on a node."""
    return is_ready(node) and not is_disabled(node)
