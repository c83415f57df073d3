"""Handlers of an image's actions."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image.images import spelling
from dicot.image.images.lookup import gather
from dicot.image.images.ownership import write
from dicot.image.images.status import status

Json = dict[str, Any]


async def deactivate(request: Request, cluster: Cluster) -> Response:
    """Close an image's data to users; doing it twice is no error."""
    return await _turn(request, cluster, "deactivate", "deactivated")


async def reactivate(request: Request, cluster: Cluster) -> Response:
    """Open an image's data again."""
    return await _turn(request, cluster, "reactivate", "active")


async def _turn(request: Request, cluster: Cluster, action: str, wanted: str) -> Response:
    def decide(source: Json) -> Json:
        now = status(gather(cluster, source))
        if now not in {"active", "deactivated"}:
            raise BadRequest(f"Image status transition from {now} to {wanted} is not allowed")
        if now == wanted:
            return {}
        return {"annotations": {spelling.DEACTIVATED: "true" if wanted == "deactivated" else None}}

    await write(cluster, request.caller, request.params["image_id"], action, decide)
    return Response(status=204)
