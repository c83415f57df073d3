"""Version discovery: `/volume/` and `/volume/v3/`. Documents only; nothing in Kubernetes stands behind them."""

from __future__ import annotations

from dicot.api import policy
from dicot.api.request import Json, Request, Response
from dicot.api.route import Route

OLDEST, NEWEST = "3.0", "3.71"


def _versions(request: Request) -> Json:
    return {
        "versions": [
            {
                "id": "v3.0",
                "status": "CURRENT",
                "version": NEWEST,
                "min_version": OLDEST,
                "updated": "2023-08-31T00:00:00Z",
                "links": [
                    {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
                    {"rel": "self", "href": request.url("/")},
                ],
                "media-types": [
                    {"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}
                ],
            }
        ]
    }


async def index(request: Request, _: object) -> Response:
    """List the versions, to anyone: which to choose is up to the client."""
    return Response(_versions(request), status=300)


async def show(request: Request, _: object) -> Response:
    """Describe this version."""
    return Response(_versions(request))


ROUTES = (
    Route(method="GET", path="/", handler=index, public=True, unversioned=True),
    Route(method="GET", path="/", handler=show, rule=policy.anyone),
)
