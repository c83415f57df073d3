"""Handlers of agents and availability zones."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.kube.kinds import NODES
from dicot.network.drivers.choice import of as driver_of

Json = dict[str, Any]

ZONE = "topology.kubernetes.io/zone"


async def index(_: Request, __: Cluster) -> Response:
    """List agents: Kubernetes has none that would answer to Neutron."""
    return Response({"agents": []})


async def zones(_: Request, cluster: Cluster) -> Response:
    """List the zones that networks and (where the driver routes) routers are in."""
    kinds = ("network", "router") if "router" in driver_of(cluster).extensions else ("network",)
    found = sorted({zone for node in cluster.cache(NODES).all() if (zone := names.labels_of(node).get(ZONE))})
    listed = [
        {"name": zone, "resource": kind, "state": "available" if _alive(cluster, zone) else "unavailable"}
        for zone in found
        for kind in kinds
    ]
    return Response({"availability_zones": listed})


def _alive(cluster: Cluster, zone: str) -> bool:
    nodes = [node for node in cluster.cache(NODES).all() if names.labels_of(node).get(ZONE) == zone]
    return any(
        one["type"] == "Ready" and one["status"] == "True"
        for node in nodes
        for one in node.get("status", {}).get("conditions", [])
    )
