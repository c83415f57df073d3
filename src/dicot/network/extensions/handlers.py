"""Handlers of extensions."""

from __future__ import annotations

from typing import Any

from dicot.api import errors
from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.network.drivers.choice import of as driver_of
from dicot.network.extensions.known import DRIVEN, EXTENSIONS

Json = dict[str, Any]


def _served(cluster: Cluster) -> list[str]:
    able = driver_of(cluster).extensions
    return [alias for alias in EXTENSIONS if alias not in DRIVEN or alias in able]


def _view(alias: str) -> Json:
    extension = EXTENSIONS[alias]
    return {
        "name": extension.name,
        "alias": alias,
        "description": extension.description,
        "updated": extension.updated,
        "links": [],
    }


async def index(_: Request, cluster: Cluster) -> Response:
    """List what works here and nothing else."""
    return Response({"extensions": [_view(alias) for alias in _served(cluster)]})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one extension; a missing one is told in webob's words, not Neutron's, as Neutron does."""
    alias = request.params["id"]
    if alias not in _served(cluster):
        body = errors.glance(NotFound(""))
        body["message"] = (
            f"The resource could not be found.<br /><br />\nExtension with alias {alias} does not exist\n\n"
        )
        return Response(body, status=404)
    return Response({"extension": _view(alias)})
