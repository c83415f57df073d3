"""Handlers of images: gather, decide, act."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Conflict, Forbidden, MethodNotAllowed, NotFound, NotImplementedHere
from dicot.api.middleware import BODY_BYTES_MAX, parse_json, read_body
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.identity import namespaces
from dicot.image import faults, sharing
from dicot.image.images import changes, filters, manifest, spelling, view
from dicot.image.images.evidence import Evidence
from dicot.image.images.lookup import all_visible, find, gather
from dicot.image.images.ownership import owned, write
from dicot.image.images.status import status
from dicot.kube.kinds import CLUSTER_PREFERENCES, DATA_SOURCES, DATA_VOLUMES

Json = dict[str, Any]

IMPORT_METHODS = ("glance-direct", "web-download")


async def index(request: Request, cluster: Cluster) -> Response:
    """List images, a page at a time."""
    _check_path(request)
    query = request.query
    pages = {key: value for key, value in query if key in {"limit", "marker", "member_status"}}
    most = filters.limit(pages.get("limit"))
    status_of_member = filters.member_status(pages.get("member_status", "accepted"))
    tests = filters.tests(query)
    asked = next((value for key, value in reversed(query) if key == "visibility"), "")
    sources = all_visible(cluster, request.caller)
    views = filters.order(query, [view.image(gather(cluster, one)) for one in sources])
    views = _after(views, pages.get("marker"))
    member_of = {spelling.identity(one): _membership(request.caller, one) for one in sources}
    found = [
        one
        for one in views
        if _listed(request.caller, one, asked, member_of[one["id"]], status_of_member)
        and all(test(one) for test in tests)
    ]
    return Response(_page(query, found[:most], len(found) >= most > 0))


def _check_path(request: Request) -> None:
    """Refuse `/images/`: an image whose id is empty, as a client has it that lost one, not the list."""
    if request.http.scope["path"].endswith("/"):
        raise NotFound("The resource could not be found.")


async def delete_none(request: Request, cluster: Cluster) -> Response:
    """Refuse to delete the whole collection, or an image whose id is empty."""
    _check_path(request)
    raise MethodNotAllowed("The method specified is not allowed for this resource.", headers={"Allow": "GET, POST"})


def _after(views: list[Json], marker: str | None) -> list[Json]:
    if marker is None:
        return views
    for position, one in enumerate(views):
        if one["id"] == marker:
            return views[position + 1 :]
    raise BadRequest(f"No image found with ID {marker}")


def _membership(caller: Caller, source: Json) -> str:
    return str(spelling.members(source).get(caller.project_id, {}).get("status", ""))


def _listed(caller: Caller, image: Json, asked: str, membership: str, status_of_member: str) -> bool:
    """Tell whether a list shows an image that the caller may know of: others' community images only if asked."""
    if caller.project_id and image["owner"] == caller.project_id:
        return True
    if image["visibility"] == "community":
        return bool(asked)
    if image["visibility"] == "shared" and not caller.cloud_admin:
        return status_of_member in {membership, "all"}
    return True


def _page(query: list[tuple[str, str]], views: list[Json], more: bool) -> Json:
    """Put a page together; Glance's links hold each key of the query once, and are relative."""
    pairs = {key: value for key, value in query if key != "marker"}
    first = f"?{urlencode(pairs)}" if pairs else ""
    body: Json = {"images": views, "first": f"/v2/images{first}", "schema": "/v2/schemas/images"}
    if more and views:
        body["next"] = f"/v2/images?{urlencode({**pairs, 'marker': views[-1]['id']})}"
    return body


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one image."""
    source = await find(cluster, request.caller, request.params["image_id"])
    return Response(view.image(gather(cluster, source)))


async def create(request: Request, cluster: Cluster) -> Response:
    """Register an image; its data comes later."""
    source = await register(cluster, request.caller, request.body)
    headers = {
        "Location": request.url(f"/images/{spelling.identity(source)}"),
        "OpenStack-image-import-methods": ",".join(IMPORT_METHODS),
    }
    return Response(view.image(gather(cluster, source)), status=201, headers=headers)


async def register(cluster: Cluster, caller: Caller, body: Any, namespace: str = "") -> Json:
    """Make an image without data, in a `namespace` or where its owner is; nothing of it stays if that fails."""
    fields = _fields(body)
    namespace = namespace or _namespace(cluster, caller, body.get("owner"))
    _check_visibility(caller, fields["visibility"])
    image_id = body.get("id") or names.new_id()
    if "id" in body and await cluster.find(caller, DATA_SOURCES, "image", image_id, None) is not None:
        raise Conflict(f"Image ID {image_id} already exists!")
    wanted = manifest.data_source(image_id, namespace, fields, _preference(cluster, fields["properties"]))
    source = await cluster.create(caller, DATA_SOURCES, wanted, namespace)
    try:
        if sharing.groups(cluster, source, fields["visibility"]):
            await sharing.open_to(cluster, source, fields["visibility"])
    except BaseException:
        await cluster.delete(caller, DATA_SOURCES, source)
        raise
    return source


def _fields(body: Any) -> Json:
    """Check what a client sends of a new image, and sort it into fields and properties."""
    if not isinstance(body, dict):
        raise BadRequest("Provided object does not match schema 'image': the body is not an object")
    for name in ("direct_url", "self", "file", "schema", "stores"):
        if name in body:
            raise Forbidden(f"Attribute '{name}' is read-only.")
    changes.validate(body)
    own = {name: value for name, value in body.items() if name not in changes.BASE and name != "id"}
    for name in own:
        changes.check_name(name)
    for name in ("min_disk", "min_ram"):
        changes.check_minimum(name, body.get(name, 0))
    tags = list(dict.fromkeys(body.get("tags", [])))
    changes.check_counts(tags, own)
    return {
        "name": body.get("name"),
        "visibility": body.get("visibility", "shared"),
        "protected": body.get("protected", False),
        "os_hidden": body.get("os_hidden", False),
        "disk_format": body.get("disk_format"),
        "container_format": body.get("container_format"),
        "min_disk": body.get("min_disk", 0),
        "min_ram": body.get("min_ram", 0),
        "tags": tags,
        "properties": own,
    }


def _namespace(cluster: Cluster, caller: Caller, owner: str | None) -> str:
    """Return the namespace of a new image: the caller's project, or for an administrator the owner's."""
    if owner is not None and owner != caller.project_id:
        namespace = namespaces.find(cluster, owner) if caller.cloud_admin else None
        if namespace is None:
            raise Forbidden(f"You are not permitted to create images owned by '{owner}'.")
        return str(namespace["metadata"]["name"])
    if not caller.namespace:
        raise faults.not_allowed("add_image")
    return caller.namespace


def _check_visibility(caller: Caller, asked: str) -> None:
    if asked == "public" and not caller.cloud_admin:
        raise faults.not_allowed("publicize_image")


def _preference(cluster: Cluster, properties: dict[str, str]) -> str:
    cache = cluster.cache(CLUSTER_PREFERENCES)
    known = {one["metadata"]["name"] for one in cache.all()} if cache.available else set[str]()
    return manifest.preference(properties, known)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change an image by a JSON patch."""
    caller, image_id = request.caller, request.params["image_id"]
    patch = changes.read(_media_type(request), await _json(request))
    reshared: list[tuple[Json, str]] = []

    async def decide(source: Json) -> Json:
        evidence = gather(cluster, source)
        before = view.fields(source, evidence.visibility)
        after = _changed(caller, evidence, before, patch)
        if after["visibility"] != before["visibility"]:
            # The binding first: when it opens the image, the annotation would not hold without it; when it closes the
            # image, nobody may clone it for a moment longer than the annotation says.
            reshared.append((source, before["visibility"]))
            await sharing.open_to(cluster, source, after["visibility"])
        return _metadata(cluster, source, before, after)

    try:
        source = await write(cluster, caller, image_id, "modify_image", decide)
    except BaseException:
        for was, old in reshared[:1]:
            await sharing.open_to(cluster, was, old)
        raise
    return Response(view.image(gather(cluster, source)))


def _changed(caller: Caller, evidence: Evidence, before: Json, patch: list[changes.Change]) -> Json:
    for change in patch:
        if change.name == "owner" and change.operation != "remove":
            _check_owner(caller, change.value, evidence.owner)
        if change.name == "visibility":
            _check_visibility(caller, change.value)
    done = [one for one in patch if one.name != "owner" or one.operation == "remove"]
    return changes.apply(before, done, queued=status(evidence) == "queued")


def _metadata(cluster: Cluster, source: Json, before: Json, after: Json) -> Json:
    """Return the annotations and labels to merge for what differs."""
    differing = {name: value for name, value in after.items() if value != before[name]}
    metadata: Json = {"annotations": manifest.spelt(differing)} if differing else {}
    if "properties" in differing and spelling.made_here(source):
        metadata["labels"] = {spelling.PREFERENCE: _preference(cluster, after["properties"]) or None}
    return metadata


def _check_owner(caller: Caller, asked: str | None, owner: str | None) -> None:
    if not caller.cloud_admin:
        raise faults.forbidden("Owner can't be updated by non admin.")
    if asked != owner:
        raise NotImplementedHere("The owner of an image cannot be changed: its data lies in the owner's namespace.")


def _media_type(request: Request) -> str:
    return request.http.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _json(request: Request) -> Any:
    try:
        return parse_json(await read_body(request.http, BODY_BYTES_MAX))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadRequest("Malformed JSON in request body.") from error


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete an image; its data goes with it."""
    await remove(cluster, request.caller, request.params["image_id"])
    return Response(status=204)


async def remove(cluster: Cluster, caller: Caller, image_id: str) -> None:
    """Delete an image that is the caller's, is not protected and of which no disk is being made."""
    try:
        source = await owned(cluster, caller, image_id, "delete_image")
    except NotFound as error:
        raise NotFound(f"Failed to find image {image_id} to delete") from error
    if spelling.flag(source, spelling.PROTECTED):
        raise Forbidden(f"Image {image_id} is protected and cannot be deleted.")
    user = in_use(cluster, source)
    if user is not None:
        own = user["namespace"] == source["metadata"]["namespace"]
        said = user["name"] if own else "a disk of another project"
        raise Conflict(f"Image {image_id} could not be deleted because it is in use: {said} is being made from it.")
    await cluster.delete(caller, DATA_SOURCES, source)


def in_use(cluster: Cluster, source: Json) -> Json | None:
    """Return the metadata of a disk that is being cloned from the image; one that is done needs it no more."""
    cache = cluster.cache(DATA_VOLUMES)
    meta = source["metadata"]
    place = (meta["namespace"], meta["name"])
    kind, *data = spelling.origin(source)
    for volume in cache.all() if cache.available else ():
        if (volume.get("status") or {}).get("phase") in {"Succeeded", "Failed"}:
            continue
        spec, home = volume["spec"], volume["metadata"]["namespace"]
        reference = spec.get("sourceRef") or {}
        copied = (spec.get("source") or {}).get(kind) or {}
        if (reference.get("namespace") or home, reference.get("name")) == place:
            return volume["metadata"]
        if copied and [copied.get("namespace") or home, copied.get("name")] == data:
            return volume["metadata"]
    return None
