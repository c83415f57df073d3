"""Version discovery: `/image` and `/image/versions`. Documents only; nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api.request import Json, Request, Response
from dicot.api.route import Route

_SUPPORTED = ("2.15", "2.9")
_CURRENT = "2.17"
_OLD = ("2.7", "2.6", "2.5", "2.4", "2.3", "2.2", "2.1", "2.0")
"""A Glance with one store and no cache lists these, in this order (`glance/api/versions.py`)."""


def _versions(request: Request) -> Json:
    def version(number: str, status: str) -> Json:
        return {"id": f"v{number}", "status": status, "links": [{"rel": "self", "href": request.url("/")}]}

    listed = [version(one, "SUPPORTED") for one in _SUPPORTED]
    listed.append(version(_CURRENT, "CURRENT"))
    return {"versions": listed + [version(one, "SUPPORTED") for one in _OLD]}


async def choices(request: Request, _: object) -> Response:
    """List the versions, as 300 Multiple Choices."""
    return Response(_versions(request), status=300)


async def index(request: Request, _: object) -> Response:
    """List the versions."""
    return Response(_versions(request))


ROUTES = (
    Route(method="GET", path="/", handler=choices, public=True, unversioned=True),
    Route(method="GET", path="/versions", handler=index, public=True, unversioned=True),
)
