"""Schemas that Glance publishes of its own objects. Nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api.errors import NotFound
from dicot.api.request import Json, Request, Response
from dicot.api.route import Route
from dicot.image.images import schema

_SCHEMAS: dict[str, Json] = {
    "image": schema.IMAGE,
    "images": schema.IMAGES,
    "member": schema.MEMBER,
    "members": schema.MEMBERS,
}


async def show(request: Request, _: object) -> Response:
    """Show one schema."""
    found = _SCHEMAS.get(request.params["name"])
    if found is None:
        raise NotFound("The resource could not be found.")
    return Response(found)


ROUTES = (Route(method="GET", path="/schemas/{name}", handler=show, policy="get_schema"),)
