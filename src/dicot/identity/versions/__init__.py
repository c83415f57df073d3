"""Version discovery: `/identity` and `/identity/v3`. Documents only; nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api.request import Json, Request, Response
from dicot.api.route import Route


def _version(request: Request) -> Json:
    return {
        "id": "v3.14",
        "status": "stable",
        "updated": "2020-04-07T00:00:00Z",
        "links": [{"rel": "self", "href": request.url("/")}],
        "media-types": [{"base": "application/json", "type": "application/vnd.openstack.identity-v3+json"}],
    }


async def index(request: Request, _: object) -> Response:
    """List the versions served; Keystone answers 300 and points at the one there is."""
    body = {"versions": {"values": [_version(request)]}}
    return Response(body, status=300, headers={"Location": request.url("/")})


async def show(request: Request, _: object) -> Response:
    """Describe v3."""
    return Response({"version": _version(request)})


ROUTES = (
    Route(method="GET", path="/", handler=index, public=True, unversioned=True),
    Route(method="GET", path="/", handler=show, public=True),
)
