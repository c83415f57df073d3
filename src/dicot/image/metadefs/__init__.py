"""Metadata definitions: a catalogue of property names that Glance keeps for forms. Dicot has an empty one."""

from __future__ import annotations

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.image.metadefs import schema


async def namespaces(request: Request, _: object) -> Response:
    """List no namespaces."""
    path = "/v2/metadefs/namespaces"
    return Response({"namespaces": [], "first": path, "schema": "/v2/schemas/metadefs/namespaces"})


async def resource_types(request: Request, _: object) -> Response:
    """List no resource types."""
    return Response({"resource_types": []})


async def namespace(request: Request, _: object) -> Response:
    """Find no namespace."""
    raise NotFound(f"Metadata definition namespace={request.params['namespace']} was not found.")


async def schemas(request: Request, _: object) -> Response:
    """Show the schema of one kind of definition."""
    found = schema.SCHEMAS.get(request.params["kind"])
    if found is None:
        raise NotFound("The resource could not be found.")
    return Response(found)


ROUTES = (
    Route(method="GET", path="/schemas/metadefs/{kind}", handler=schemas, policy="get_schema"),
    Route(method="GET", path="/metadefs/namespaces", handler=namespaces, policy="get_metadef_namespaces"),
    Route(method="GET", path="/metadefs/namespaces/{namespace}", handler=namespace, policy="get_metadef_namespace"),
    Route(method="GET", path="/metadefs/resource_types", handler=resource_types, policy="list_metadef_resource_types"),
)
