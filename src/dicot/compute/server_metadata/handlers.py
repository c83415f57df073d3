"""Handlers of a server's metadata: an annotation of its VirtualMachine, changed as it is at the moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import lookup, marks, revision, state_rules
from dicot.compute.servers.order import METADATA_MAX

Json = dict[str, Any]


async def _find(request: Request, cluster: Cluster) -> Json:
    return await lookup.find(cluster, request.caller, request.params["server_id"])


def _of(vm: Json) -> dict[str, str]:
    return marks.metadata(vm)


async def _change(request: Request, cluster: Cluster, edit: Callable[[dict[str, str]], dict[str, str]]) -> Json:
    vm = await _find(request, cluster)
    state_rules.require_unlocked(request, vm)

    def decide(now: Json) -> dict[str, str | None]:
        wanted = edit(_of(now))
        if len(wanted) > METADATA_MAX:
            raise Forbidden(f"Maximum number of metadata items exceeds {METADATA_MAX}")
        return {marks.METADATA: marks.write(wanted) if wanted else None}

    return _of(await revision.annotate(request, cluster, vm, decide))


async def index(request: Request, cluster: Cluster) -> Response:
    """Return all metadata of a server."""
    return Response({"metadata": _of(await _find(request, cluster))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Add or change items; the others stay."""
    asked = request.body["metadata"]
    return Response({"metadata": await _change(request, cluster, lambda had: {**had, **asked})})


async def update_all(request: Request, cluster: Cluster) -> Response:
    """Replace all items."""
    asked = request.body["metadata"]
    return Response({"metadata": await _change(request, cluster, lambda _: asked)})


async def show(request: Request, cluster: Cluster) -> Response:
    """Return one item."""
    key = request.params["key"]
    had = _of(await _find(request, cluster))
    if key not in had:
        raise NotFound("Metadata item was not found")
    return Response({"meta": {key: had[key]}})


async def update(request: Request, cluster: Cluster) -> Response:
    """Add or change the one item that the path names."""
    key, asked = request.params["key"], request.body["meta"]
    if key not in asked:
        raise BadRequest("Request body and URI mismatch")
    await _change(request, cluster, lambda had: {**had, **asked})
    return Response({"meta": asked})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Remove one item."""
    key = request.params["key"]

    def without(had: dict[str, str]) -> dict[str, str]:
        if key not in had:
            raise NotFound("Metadata item was not found")
        return {name: value for name, value in had.items() if name != key}

    await _change(request, cluster, without)
    return Response(status=204)
