"""What this image service can do: ways to import; it has no choice of stores. Documents only."""

from __future__ import annotations

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.image.images.handlers import IMPORT_METHODS


async def show_import(request: Request, _: object) -> Response:
    """List the ways in which data may be imported."""
    methods = {"description": "Import methods available.", "type": "array", "value": list(IMPORT_METHODS)}
    return Response({"import-methods": methods})


async def show_stores(request: Request, _: object) -> Response:
    """Say, as a Glance with one store does, that there are no stores to choose from."""
    raise NotFound("Multi backend is not supported at this site.")


ROUTES = (
    Route(method="GET", path="/info/import", handler=show_import, policy="get_image_import_info"),
    Route(method="GET", path="/info/stores", handler=show_stores, policy="get_image_stores"),
)
