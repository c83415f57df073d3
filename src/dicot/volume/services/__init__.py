"""Services and pools, for administrators: each StorageClass as the backend that it is."""

from __future__ import annotations

from typing import Any

from dicot.api import policy
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.volume import listing, times
from dicot.volume.types.facts import every
from dicot.volume.types.record import VolumeType
from dicot.volume.volumes.view import DEFAULT_ZONE, host

Json = dict[str, Any]


def _service(kind: VolumeType) -> Json:
    return {
        "binary": "cinder-volume",
        "host": str(host(kind.storage_class)).rpartition("#")[0],
        "zone": kind.zones[0] if kind.zones else DEFAULT_ZONE,
        "status": "enabled",
        "state": "up",
        "updated_at": times.updated(kind.storage_class),
        "disabled_reason": None,
        "replication_status": "disabled",
        "active_backend_id": None,
        "frozen": False,
    }


async def index(request: Request, cluster: Cluster) -> Response:
    """List what provisions volumes."""
    found = [_service(kind) for kind in every(cluster)]
    for key in ("binary", "host"):
        if asked := request.asked(key):
            found = [one for one in found if one[key] == asked]
    return Response({"services": found})


def _pool(kind: VolumeType, *, in_detail: bool) -> Json:
    pool: Json = {"name": host(kind.storage_class)}
    if in_detail:
        # Kubernetes does not tell how much room storage has; Cinder's drivers say "unknown" then, too.
        pool["capabilities"] = {
            "pool_name": kind.name,
            "volume_backend_name": kind.name,
            "total_capacity_gb": "unknown",
            "free_capacity_gb": "unknown",
            "reserved_percentage": 0,
            "QoS_support": False,
            "consistencygroup_support": False,
            "replication_enabled": False,
            "group_replication_enabled": False,
            "filter_function": None,
            "goodness_function": None,
            "multiattach": kind.multiattach,
            "vendor_name": "Kubernetes",
            "driver_version": "",
            "storage_protocol": kind.storage_class.get("provisioner", ""),
        }
    return pool


async def pools(request: Request, cluster: Cluster) -> Response:
    """List the pools that volumes come from."""
    in_detail = listing.asked_true(request, "detail")
    return Response({"pools": [_pool(kind, in_detail=in_detail) for kind in every(cluster)]})


ROUTES = (
    Route(
        method="GET",
        path="/os-services",
        handler=index,
        policy="volume_extension:services:index",
        rule=policy.cloud_admin,
    ),
    Route(
        method="GET",
        path="/scheduler-stats/get_pools",
        handler=pools,
        policy="scheduler_extension:scheduler_stats:get_pools",
        rule=policy.cloud_admin,
    ),
)
