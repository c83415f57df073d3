"""The metadata sub-resource of volumes and snapshots: keys and values in one annotation."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dicot.api.errors import BadRequest, NotFound, PreconditionFailed
from dicot.api.microversion import History
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.api.route import Route
from dicot.cluster import Cluster
from dicot.volume import annotate, flags, spelling
from dicot.volume.spelling import encoded

Json = dict[str, Any]


class Keeper(msgspec.Struct, frozen=True):
    """Something that has metadata: `noun` as in Cinder's sentences, its id in the path, how to find its object."""

    noun: str
    param: str
    find: Callable[[Cluster, Caller, str], Awaitable[Json]]


async def _found(keeper: Keeper, request: Request, cluster: Cluster) -> Json:
    return await keeper.find(cluster, request.caller, request.params[keeper.param])


def _etag(values: dict[str, str]) -> str:
    body = msgspec.json.encode({"metadata": dict(sorted(values.items()))})
    return hashlib.md5(body, usedforsecurity=False).hexdigest()


def _require_match(request: Request, values: dict[str, str]) -> None:
    asked = request.http.headers.get("if-match", "")
    tags = {tag.strip().strip('"') for tag in asked.split(",")}
    if asked and not request.before(flags.ETAGS) and "*" not in tags and _etag(values) not in tags:
        raise PreconditionFailed("The metadata has changed.")


async def index(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Return all metadata."""
    values = spelling.texts(await _found(keeper, request, cluster), spelling.METADATA)
    headers = {} if request.before(flags.ETAGS) else {"Etag": _etag(values)}
    return Response({"metadata": values}, headers=headers)


async def show(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Return one item."""
    values = spelling.texts(await _found(keeper, request, cluster), spelling.METADATA)
    key = _known(keeper, request, values)
    return Response({"meta": {key: values[key]}})


def _known(keeper: Keeper, request: Request, values: dict[str, str]) -> str:
    key = request.params["key"]
    if key not in values:
        raise NotFound(f"{keeper.noun} {request.params[keeper.param]} has no metadata with key {key}.")
    return key


async def _change(
    keeper: Keeper, request: Request, cluster: Cluster, change: Callable[[dict[str, str]], dict[str, str]]
) -> dict[str, str]:
    def annotated(obj: Json) -> annotate.Values:
        values = spelling.texts(obj, spelling.METADATA)
        _require_match(request, values)
        changed = change(values)
        return {spelling.METADATA: encoded(changed) if changed else None}

    found = await _found(keeper, request, cluster)
    return spelling.texts(await annotate.revise(cluster, request.caller, found, annotated), spelling.METADATA)


async def create(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Add items to those that there are."""
    given = request.body["metadata"]
    return Response({"metadata": await _change(keeper, request, cluster, lambda have: {**have, **given})})


async def update_all(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Put these items in place of those that there are."""
    given = request.body["metadata"]
    return Response({"metadata": await _change(keeper, request, cluster, lambda _: given)})


async def update(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Set one item."""
    given, key = request.body["meta"], request.params["key"]
    if key not in given:
        raise BadRequest("Request body and URI mismatch")
    if len(given) > 1:
        raise BadRequest("Request body contains too many items")
    await _change(keeper, request, cluster, lambda have: {**have, **given})
    return Response({"meta": given})


async def delete(keeper: Keeper, request: Request, cluster: Cluster) -> Response:
    """Remove one item."""

    def without(have: dict[str, str]) -> dict[str, str]:
        gone = _known(keeper, request, have)
        return {key: value for key, value in have.items() if key != gone}

    await _change(keeper, request, cluster, without)
    return Response(status=200)


def routes(keeper: Keeper, collection: str, singular: str, history: History) -> tuple[Route, ...]:
    """Return the routes of the metadata below a collection."""
    whole, part = f"/{collection}/{{{keeper.param}}}/metadata", f"/{collection}/{{{keeper.param}}}/metadata/{{key}}"
    table = (
        ("GET", whole, index, "get", ""),
        ("POST", whole, create, "create", "metadata"),
        ("PUT", whole, update_all, "update", "metadata"),
        ("GET", part, show, "get", ""),
        ("PUT", part, update, "update", "meta"),
        ("DELETE", part, delete, "delete", ""),
    )
    return tuple(
        Route(
            method=method,
            path=path,
            handler=functools.partial(handler, keeper),
            policy=f"volume:{verb}_{singular}_metadata",
            history=history,
            body=body,
        )
        for method, path, handler, verb, body in table
    )
