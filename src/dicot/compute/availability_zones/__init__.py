"""Availability zones: the zone labels of the nodes that can run servers; "nova" for nodes that have none.

| Zone | Node |
|---|---|
| zoneName | label `topology.kubernetes.io/zone` |
| zoneState.available | a node of the zone is ready and may be scheduled on |
| hosts | nodes by name; `nova-compute` stands for KubeVirt's handler there, heard of at `kubevirt.io/heartbeat` |
"""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api import policy
from dicot.api.microversion import Change, History
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute import parameters as p

Json = dict[str, Any]

_POLICY = "os_compute_api:os-availability-zone"


def _zones(cluster: Cluster) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for node in nodes.hosts(cluster):
        found.setdefault(nodes.zone_of(node), []).append(node)
    return dict(sorted(found.items())) or {nodes.DEFAULT_ZONE: []}


def _zone(name: str, available: bool, hosts: Json | None) -> Json:
    return {"zoneName": name, "zoneState": {"available": available}, "hosts": hosts}


async def index(_: Request, cluster: Cluster) -> Response:
    """List zones, those that are available first."""
    zones = [_zone(name, any(map(nodes.is_available, members)), None) for name, members in _zones(cluster).items()]
    return Response({"availabilityZoneInfo": sorted(zones, key=lambda one: not one["zoneState"]["available"])})


async def detail(_: Request, cluster: Cluster) -> Response:
    """List zones with their hosts; a zone that is not available shows none, as in Nova."""
    zones = []
    for name, members in _zones(cluster).items():
        available = any(map(nodes.is_available, members))
        zones.append(_zone(name, available, dict(map(_host, members)) if available else None))
    return Response({"availabilityZoneInfo": sorted(zones, key=lambda one: not one["zoneState"]["available"])})


def _host(node: Json) -> tuple[str, Json]:
    heard = names.annotations_of(node).get(nodes.HEARTBEAT)
    service = {
        "available": nodes.is_ready(node),
        "active": not nodes.is_disabled(node),
        "updated_at": heard.replace("Z", ".000000") if heard else None,
    }
    return node["metadata"]["name"], {"nova-compute": service}


HISTORY = History(
    {"index": p.NO_QUERY},
    Change("2.102", "Unknown query keys are refused.", index=p.tolerate),
)

ROUTES = (
    Route(
        method="GET",
        path="/os-availability-zone",
        handler=index,
        policy=f"{_POLICY}:list",
        rule=policy.anyone,
        history=HISTORY,
        query="index",
    ),
    Route(
        method="GET",
        path="/os-availability-zone/detail",
        handler=detail,
        policy=f"{_POLICY}:detail",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="index",
    ),
)
