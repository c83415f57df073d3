"""Version discovery: `/compute`, `/compute/v2`, `/compute/v2.1`. Nothing in Kubernetes stands behind it."""

from __future__ import annotations

from dicot.api.request import Json, Request, Response
from dicot.api.route import Route

OLDEST, NEWEST = "2.1", "2.104"


LEGACY = "v2.0"
"""Nova's first API: v2.1 at its oldest microversion, which passes over fields that it does not know."""


def _version(request: Request, version: str) -> Json:
    old = version == LEGACY
    return {
        "id": version,
        "status": "DEPRECATED" if old else "CURRENT",
        "version": "" if old else NEWEST,
        "min_version": "" if old else OLDEST,
        "updated": "2025-07-04T12:00:00Z" if old else "2013-07-23T11:33:21Z",
        "links": [{"rel": "self", "href": request.root_url("/v2/" if old else "/v2.1/")}],
    }


async def index(request: Request, _: object) -> Response:
    """List the versions served, oldest first."""
    return Response({"versions": [_version(request, LEGACY), _version(request, "v2.1")]})


async def show(request: Request, _: object) -> Response:
    """Describe v2.0, or v2.1 and its range of microversions."""
    old = request.service.lenient
    version = _version(request, LEGACY if old else "v2.1")
    version["links"].append({"rel": "describedby", "type": "text/html", "href": "http://docs.openstack.org/"})
    kind = f"application/vnd.openstack.compute+json;version={'2' if old else '2.1'}"
    version["media-types"] = [{"base": "application/json", "type": kind}]
    return Response({"version": version})


ROUTES = (
    Route(method="GET", path="/", handler=index, public=True, unversioned=True),
    Route(method="GET", path="/", handler=show, public=True),
)
