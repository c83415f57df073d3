"""Handlers of a server's tags: an annotation of its VirtualMachine, changed as it is at the moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.api.validation import Validator
from dicot.cluster import Cluster
from dicot.compute import parameters as p
from dicot.compute.servers import lookup, marks, revision, state_rules

Json = dict[str, Any]

_TAG = Validator(p.TAG)


async def _find(request: Request, cluster: Cluster) -> Json:
    return await lookup.find(cluster, request.caller, request.params["server_id"])


def _of(vm: Json) -> list[str]:
    return marks.tags(vm)


async def _change(request: Request, cluster: Cluster, edit: Callable[[list[str]], list[str]]) -> list[str]:
    vm = await _find(request, cluster)
    state_rules.require_unlocked(request, vm)

    def decide(now: Json) -> dict[str, str | None]:
        wanted = edit(_of(now))
        if len(wanted) > p.TAGS_MAX:
            raise BadRequest(f"The number of tags exceeded the per-server limit {p.TAGS_MAX}")
        return {marks.TAGS: marks.write(wanted) if wanted else None}

    return _of(await revision.annotate(request, cluster, vm, decide))


async def index(request: Request, cluster: Cluster) -> Response:
    """Return all tags of a server."""
    return Response({"tags": _of(await _find(request, cluster))})


async def update_all(request: Request, cluster: Cluster) -> Response:
    """Replace all tags."""
    asked = list(dict.fromkeys(request.body["tags"]))
    return Response({"tags": await _change(request, cluster, lambda _: asked)})


async def delete_all(request: Request, cluster: Cluster) -> Response:
    """Remove all tags."""
    await _change(request, cluster, lambda _: [])
    return Response(status=204)


async def show(request: Request, cluster: Cluster) -> Response:
    """Tell whether a server has a tag."""
    tag = request.params["tag"]
    if tag not in _of(await _find(request, cluster)):
        raise _missing(request)
    return Response(status=204)


async def update(request: Request, cluster: Cluster) -> Response:
    """Add a tag: 201, or 204 if it is there."""
    tag = request.params["tag"]
    if not _TAG.fits(tag):
        raise BadRequest(f"Tag '{tag}' is invalid. It must be a non empty string without characters '/' and ','.")
    if tag in _of(await _find(request, cluster)):
        return Response(status=204)
    await _change(request, cluster, lambda had: [*had, tag] if tag not in had else had)
    location = request.url(f"/servers/{request.params['server_id']}/tags/{tag}")
    return Response(status=201, headers={"Location": location})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Remove a tag."""
    tag = request.params["tag"]

    def without(had: list[str]) -> list[str]:
        if tag not in had:
            raise _missing(request)
        return [one for one in had if one != tag]

    await _change(request, cluster, without)
    return Response(status=204)


def _missing(request: Request) -> NotFound:
    return NotFound(f"Server {request.params['server_id']} has no tag '{request.params['tag']}'")
