"""Tags of an image: a JSON list in the annotation `image.dicot.io/tags` of its DataSource."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.image.tags import handlers

__all__ = ["ROUTES"]

_PATH = "/images/{image_id}/tags/{tag_value}"

ROUTES = (
    Route(method="PUT", path=_PATH, handler=handlers.update, policy="modify_image", raw=True),
    Route(method="DELETE", path=_PATH, handler=handlers.delete, policy="modify_image"),
)
