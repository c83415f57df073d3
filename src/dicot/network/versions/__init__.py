"""Version discovery: `/network`, `/network/v2.0`. Documents only; nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api.request import Request, Response
from dicot.api.route import Route

CORE = (("network", "networks"), ("subnet", "subnets"), ("port", "ports"))


async def index(request: Request, _: object) -> Response:
    """List the versions served; to everybody."""
    version = {"id": "v2.0", "status": "CURRENT", "links": [{"rel": "self", "href": request.url("/")}]}
    return Response({"versions": [version]})


async def show(request: Request, _: object) -> Response:
    """List the core resources of v2.0; Neutron wants a token for it."""
    return Response(
        {
            "resources": [
                {
                    "name": name,
                    "collection": collection,
                    "links": [{"rel": "self", "href": request.url(f"/{collection}")}],
                }
                for name, collection in CORE
            ]
        }
    )


ROUTES = (
    Route(method="GET", path="/", handler=index, public=True, unversioned=True),
    Route(method="GET", path="/", handler=show),
)
