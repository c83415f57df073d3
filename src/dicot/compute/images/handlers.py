"""Handlers of Nova's images: they look, and delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.api import paging
from dicot.api.errors import BadRequest, Forbidden, NotFound
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.images import view
from dicot.image.images import handlers as images
from dicot.image.images import lookup, spelling
from dicot.image.images import view as glance

Json = dict[str, Any]
Show = Callable[[Request, Json, dict[str, str]], Json]

_PROPERTY = "property-"
_AS_PROPERTY = {"type": f"{_PROPERTY}image_type", "server": f"{_PROPERTY}instance_uuid"}


def _lists(caller: Caller, source: Json, image: Json) -> bool:
    """Tell whether Glance would list an image to this caller without being asked for more."""
    if image["owner"] == caller.project_id or image["visibility"] == "public":
        return True
    membership = spelling.members(source).get(caller.project_id, {})
    return image["visibility"] == "shared" and (caller.cloud_admin or membership.get("status") == "accepted")


def _fits(request: Request, image: Json, properties: dict[str, str]) -> bool:
    for key, value in request.query:
        name = _AS_PROPERTY.get(key, key)
        wanted = value.rsplit("/", 1)[-1] if key == "server" else value
        tests = {
            "name": image["name"] == value,
            "status": view.status(image) == value.upper(),
            "changes-since": image["updated_at"] >= value,
            "minRam": image["min_ram"] >= _number(key, value),
            "minDisk": image["min_disk"] >= _number(key, value),
        }
        if name.startswith(_PROPERTY) and properties.get(name[len(_PROPERTY) :]) != wanted:
            return False
        if not tests.get(key, True):
            return False
    return True


def _number(key: str, value: str) -> int:
    if not key.startswith("min"):
        return 0
    try:
        return int(value)
    except ValueError as error:
        raise BadRequest(f"Invalid {key} filter [{value}]") from error


def _list(request: Request, cluster: Cluster, path: str, show: Show) -> Response:
    found: list[tuple[Json, dict[str, str]]] = []
    for source in lookup.all_visible(cluster, request.caller):
        image, properties = glance.image(lookup.gather(cluster, source)), spelling.properties(source)
        if _lists(request.caller, source, image) and _fits(request, image, properties):
            found.append((image, properties))
    found.sort(key=lambda one: (one[0]["created_at"], one[0]["id"]), reverse=True)
    page, more = paging.page(
        request,
        found,
        lambda one: str(one[0]["id"]),
        most=cluster.config.page_max,
        missing=lambda marker: BadRequest(f"marker [{marker}] not found"),
    )
    body: Json = {"images": [show(request, *one) for one in page]}
    if more:
        link = paging.next_link(request, path, page[-1][0]["id"])
        body["images_links"] = [{"rel": "next", "href": link}]
    return Response(body)


async def index(request: Request, cluster: Cluster) -> Response:
    """List images by id and name, newest first."""
    return _list(request, cluster, "/images", view.brief)


async def detail(request: Request, cluster: Cluster) -> Response:
    """List images in full, newest first."""
    return _list(request, cluster, "/images/detail", view.full)


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one image."""
    try:
        source = await lookup.find(cluster, request.caller, request.params["image_id"])
    except NotFound as error:
        raise NotFound("Image not found.") from error
    image = glance.image(lookup.gather(cluster, source))
    return Response({"image": view.full(request, image, spelling.properties(source))})


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete an image as Glance does."""
    try:
        await images.remove(cluster, request.caller, request.params["image_id"])
    except NotFound as error:
        raise NotFound("Image not found.") from error
    except Forbidden as error:
        raise Forbidden("You are not allowed to delete the image.") from error
    return Response(status=204)
