"""Handlers of an image's tags."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image.images import changes, spelling
from dicot.image.images.ownership import write

Json = dict[str, Any]


def _annotated(tags: list[str]) -> Json:
    return {"annotations": {spelling.TAGS: spelling.encoded(tags) if tags else None}}


async def update(request: Request, cluster: Cluster) -> Response:
    """Add a tag; it may be there already."""
    image_id, tag = request.params["image_id"], unquote(request.params["tag_value"])
    changes.validate({"tags": [tag]})

    def decide(source: Json) -> Json:
        tags = spelling.tags(source)
        if tag in tags:
            return {}
        changes.check_counts([*tags, tag], {})
        return _annotated([*tags, tag])

    await write(cluster, request.caller, image_id, "modify_image", decide)
    return Response(status=204)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Remove a tag."""
    tag = unquote(request.params["tag_value"])

    def decide(source: Json) -> Json:
        tags = spelling.tags(source)
        if tag not in tags:
            raise NotFound("The resource could not be found.")
        return _annotated([one for one in tags if one != tag])

    await write(cluster, request.caller, request.params["image_id"], "modify_image", decide)
    return Response(status=204)
