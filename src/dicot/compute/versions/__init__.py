"""Version discovery: `/compute`, `/compute/v2.1`. Documents only; nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api.request import Json, Request, Response
from dicot.api.route import Route

OLDEST, NEWEST = "2.1", "2.104"


def _version(request: Request) -> Json:
    return {
        "id": "v2.1",
        "status": "CURRENT",
        "version": NEWEST,
        "min_version": OLDEST,
        "updated": "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": request.url("/")}],
    }


async def index(request: Request, _: object) -> Response:
    """List the versions served."""
    return Response({"versions": [_version(request)]})


async def show(request: Request, _: object) -> Response:
    """Describe v2.1 and its range of microversions."""
    version = _version(request)
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    version["media-types"] = [
        {"base": "application/json", "type": "application/vnd.openstack.compute+json;version=2.1"},
    ]
    return Response({"version": version})


ROUTES = (
    Route(method="GET", path="/", handler=index, public=True, unversioned=True),
    Route(method="GET", path="/", handler=show, public=True),
)
