"""Importing an image's data from elsewhere: `/images/{id}/import`, a DataVolume with `source.http`.

CDI fetches it, from the image's own namespace; Dicot sees none of it, so that the image has no checksum and no size of
the bytes received. What was staged (`/stage`) is in its DataVolume already: importing it takes the mark away.
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.image.importing import handlers

__all__ = ["ROUTES"]

ROUTES = (Route(method="POST", path="/images/{image_id}/import", handler=handlers.create, policy="modify_image"),)
