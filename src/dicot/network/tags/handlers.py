"""Handlers of tags, one for each resource: every function here takes a resource and returns its handler."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.api.route import Handler
from dicot.cluster import Cluster
from dicot.network import store
from dicot.network.resources import SECURITY_GROUP, Resource
from dicot.network.security_groups.handlers import writable

Json = dict[str, Any]
Change = Callable[[list[str], Request], list[str]]

TAG_MAX = 255
TAGS_MAX = 50


def _have(obj: Json) -> list[str]:
    return sorted(obj["spec"].get("tags", []))


def _checked(tags: Any) -> list[str]:
    if not isinstance(tags, list):
        raise BadRequest(f"Invalid input for operation: '{tags}' is not a list.", kind="InvalidInput")
    for tag in tags:
        if not isinstance(tag, str):
            raise BadRequest(f"Invalid input for operation: '{tag}' is not a valid string.", kind="InvalidInput")
        if len(tag) > TAG_MAX:
            sentence = f"Invalid input for operation: '{tag}' exceeds maximum length of {TAG_MAX}."
            raise BadRequest(sentence, kind="InvalidInput")
    if len(set(tags)) != len(tags):
        twice = ", ".join(sorted({tag for tag in tags if tags.count(tag) > 1}))
        raise BadRequest(f"Invalid input for operation: Duplicate items in the list: '{twice}'.", kind="InvalidInput")
    return tags


def _given(request: Request) -> list[str]:
    if not isinstance(request.body, dict) or "tags" not in request.body:
        raise BadRequest("Invalid input for operation: Invalid tags body.", kind="InvalidInput")
    return _checked(request.body["tags"])


async def _change(request: Request, cluster: Cluster, resource: Resource, change: Change) -> Json:
    if resource is SECURITY_GROUP:
        await writable(cluster, request.caller, request.params["id"])

    async def decide(obj: Json) -> Json:
        store.refuse_projected(resource, obj)
        tags = sorted(set(change(_have(obj), request)))
        if len(tags) > TAGS_MAX:
            raise BadRequest(
                f"Bad {resource.collection} request: The number of tags exceed the per-resource limit of {TAGS_MAX}.",
                kind="BadRequest",
            )
        return {} if tags == _have(obj) else {"tags": tags}

    return await store.change(cluster, request.caller, resource, request.params["id"], decide)


def index(resource: Resource) -> Handler:
    """List the tags of an object."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        obj = await store.find(cluster, request.caller, resource, request.params["id"])
        return Response({"tags": _have(obj)})

    return handler


def show(resource: Resource) -> Handler:
    """Tell whether an object has a tag: 204 or 404."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        obj = await store.find(cluster, request.caller, resource, request.params["id"])
        _expect(obj, request.params["tag"])
        return Response(status=204)

    return handler


def _expect(obj: Json, tag: str) -> None:
    if tag not in _have(obj):
        raise NotFound(f"Tag {tag} could not be found.", kind="TagNotFound")


def replace(resource: Resource) -> Handler:
    """Give an object exactly these tags."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        obj = await _change(request, cluster, resource, lambda _, asked: _given(asked))
        return Response({"tags": _have(obj)})

    return handler


def create(resource: Resource) -> Handler:
    """Add several tags."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        obj = await _change(request, cluster, resource, lambda have, asked: [*have, *_given(asked)])
        return Response({"tags": _have(obj)}, status=201)

    return handler


def add(resource: Resource) -> Handler:
    """Add one tag; 201 also if it was there."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        _checked([request.params["tag"]])
        await _change(request, cluster, resource, lambda have, asked: [*have, asked.params["tag"]])
        return Response(b"null", status=201)

    return handler


def remove(resource: Resource) -> Handler:
    """Take one tag away; 404 if it was not there."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        obj = await store.find(cluster, request.caller, resource, request.params["id"])
        _expect(obj, request.params["tag"])
        await _change(
            request, cluster, resource, lambda have, asked: [one for one in have if one != asked.params["tag"]]
        )
        return Response(status=204)

    return handler


def clear(resource: Resource) -> Handler:
    """Take all tags away."""

    async def handler(request: Request, cluster: Cluster) -> Response:
        await _change(request, cluster, resource, lambda _, __: [])
        return Response(status=204)

    return handler
