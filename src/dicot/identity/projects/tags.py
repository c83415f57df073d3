"""Handlers of a project's tags: `/v3/projects/{project_id}/tags`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.api.validation import Validator
from dicot.cluster import Cluster
from dicot.identity import lookup
from dicot.identity.projects import manifest, view
from dicot.identity.projects.handlers import readable, store
from dicot.identity.projects.schema import TAG, TAGS

Json = dict[str, Any]

_tag, _tags = Validator(TAG), Validator(TAGS)


def _answer(request: Request, tags: list[str], status: int = 200) -> Response:
    here = f"{request.prefix}{request.http.scope['path']}"
    return Response({"links": {"self": here}, "tags": tags}, status=status)


async def _store(cluster: Cluster, namespace: Json, tags: list[str]) -> None:
    _tags.check(tags)
    await store(cluster, namespace, {"metadata": {"annotations": {manifest.TAGS: manifest.encoded(tags)}}})


async def index(request: Request, cluster: Cluster) -> Response:
    """List the tags."""
    return _answer(request, view.tags(readable(request, cluster)))


async def show(request: Request, cluster: Cluster) -> Response:
    """Tell by the status whether the project has a tag."""
    if request.params["value"] not in view.tags(readable(request, cluster)):
        raise NotFound(f"Could not find project tag: {request.params['value']}.")
    return Response(status=204)


async def replace(request: Request, cluster: Cluster) -> Response:
    """Put other tags in place of all."""
    namespace = lookup.project(cluster, request.params["project_id"])
    await _store(cluster, namespace, request.body["tags"])
    return _answer(request, request.body["tags"])


async def add(request: Request, cluster: Cluster) -> Response:
    """Add one tag."""
    tag = request.params["value"]
    namespace = lookup.project(cluster, request.params["project_id"])
    _tag.check(tag)
    tags = view.tags(namespace)
    if tag not in tags:
        await _store(cluster, namespace, [*tags, tag])
    location = request.url(f"/projects/{request.params['project_id']}/tags/{quote(tag, safe='')}")
    return Response(status=201, headers={"Location": location})


async def remove(request: Request, cluster: Cluster) -> Response:
    """Remove one tag."""
    tag = request.params["value"]
    namespace = lookup.project(cluster, request.params["project_id"])
    tags = view.tags(namespace)
    if tag not in tags:
        raise NotFound(f"Could not find project tag: {tag}.")
    await _store(cluster, namespace, [one for one in tags if one != tag])
    return Response(status=204)


async def clear(request: Request, cluster: Cluster) -> Response:
    """Remove all tags."""
    namespace = lookup.project(cluster, request.params["project_id"])
    await _store(cluster, namespace, [])
    return Response(status=204)
