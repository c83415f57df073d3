"""Handlers of an image's members."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dicot.api.errors import BadRequest, Conflict, Forbidden, NotFound, TooLarge
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import RETRIES, Cluster
from dicot.image import sharing
from dicot.image.images import spelling
from dicot.image.images.lookup import find, owns, visibility
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_SOURCES

Json = dict[str, Any]
Members = dict[str, Json]

MEMBERS_MAX = 128
"""Glance's `image_member_quota`."""
STATUSES = ("pending", "accepted", "rejected")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _view(image_id: str, member_id: str, member: Json) -> Json:
    return {
        "member_id": member_id,
        "image_id": image_id,
        "status": member.get("status", "pending"),
        "created_at": member.get("created_at"),
        "updated_at": member.get("updated_at"),
        "schema": "/v2/schemas/member",
    }


async def _shared(cluster: Cluster, caller: Caller, image_id: str) -> Json:
    """Return an image that may have members; Forbidden, to be worded by the caller, if it is not shared."""
    try:
        source = await find(cluster, caller, image_id)
    except NotFound as error:
        raise NotFound(f"Image {image_id} not found.") from error
    if visibility(cluster, source) != "shared":
        raise Forbidden("Only shared images have members.")
    return source


def _seen_by(caller: Caller, source: Json) -> Members:
    """Return the members that a caller may see: the owner all, a member itself."""
    members = spelling.members(source)
    if caller.cloud_admin or owns(caller, source):
        return members
    return {name: member for name, member in members.items() if name == caller.project_id}


def _member(image_id: str, members: Members, member_id: str) -> Json:
    found = members.get(member_id)
    if found is None:
        raise NotFound(f"{member_id} not found in the member list of the image {image_id}.")
    return found


async def index(request: Request, cluster: Cluster) -> Response:
    """List the members of an image."""
    image_id = request.params["image_id"]
    try:
        source = await _shared(cluster, request.caller, image_id)
    except Forbidden as error:
        raise Forbidden(f"Not allowed to list members for image {image_id}: {error.message}") from error
    members = _seen_by(request.caller, source).items()
    return Response({"members": [_view(image_id, *one) for one in members], "schema": "/v2/schemas/members"})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one member."""
    image_id, member_id = request.params["image_id"], request.params["member_id"]
    try:
        source = await _shared(cluster, request.caller, image_id)
    except Forbidden as error:
        raise NotFound(error.message) from error
    return Response(_view(image_id, member_id, _member(image_id, _seen_by(request.caller, source), member_id)))


async def create(request: Request, cluster: Cluster) -> Response:
    """Offer an image to another project."""
    image_id, caller = request.params["image_id"], request.caller
    member_id = _asked(request.body, "member", "Member to be added not specified")
    if not member_id:
        raise BadRequest("Member can't be empty")
    made = {"status": "pending", "created_at": _now(), "updated_at": _now()}

    def decide(source: Json, members: Members) -> None:
        if not (caller.cloud_admin or owns(caller, source)):
            raise Forbidden(f"Not allowed to create members for image {image_id}.")
        if member_id in members:
            raise Conflict(f"Member {member_id} is duplicated for image {image_id}")
        if len(members) >= MEMBERS_MAX:
            raise TooLarge(
                f"Image member limit exceeded for image {image_id}: The limit has been exceeded on the number of "
                f"allowed image members for this image. Attempted: {len(members) + 1}, Maximum: {MEMBERS_MAX}:"
            )
        members[member_id] = made

    await _write(cluster, caller, image_id, "create", decide)
    return Response(_view(image_id, member_id, made))


async def update(request: Request, cluster: Cluster) -> Response:
    """Accept or reject an offer: that is the member's to do, not the owner's."""
    image_id, member_id, caller = request.params["image_id"], request.params["member_id"], request.caller
    status = _asked(request.body, "status", "Status not specified")
    if status not in STATUSES:
        listed = ", ".join(f'"{one}"' for one in STATUSES)
        raise BadRequest(f"Incorrect request: Status must be one of {listed}")
    result: Json = {}

    def decide(source: Json, members: Members) -> None:
        member = _member(image_id, members if caller.cloud_admin else _seen_by(caller, source), member_id)
        if owns(caller, source) and not caller.cloud_admin:
            raise Forbidden(f"Not allowed to update members for image {image_id}.")
        result.update({**member, "status": status, "updated_at": _now()})
        members[member_id] = dict(result)

    await _write(cluster, caller, image_id, "update", decide)
    return Response(_view(image_id, member_id, result))


async def delete(request: Request, cluster: Cluster) -> Response:
    """Take an offer back."""
    image_id, member_id, caller = request.params["image_id"], request.params["member_id"], request.caller

    def decide(source: Json, members: Members) -> None:
        if not (caller.cloud_admin or owns(caller, source)):
            raise Forbidden(f"Not allowed to delete members for image {image_id}.")
        _member(image_id, members, member_id)
        del members[member_id]

    await _write(cluster, caller, image_id, "delete", decide)
    return Response(status=204)


def _asked(body: Any, key: str, missing: str) -> str:
    if not isinstance(body, dict):
        raise BadRequest(f'Expected a {key} in the form: {{"{key}": "{"image_id" if key == "member" else key}"}}')
    if key not in body:
        raise BadRequest(missing)
    if not isinstance(body[key], str):
        raise BadRequest(f"Incorrect request: {key} must be a string")
    return body[key]


async def _write(
    cluster: Cluster, caller: Caller, image_id: str, verb: str, decide: Callable[[Json, Members], None]
) -> None:
    """Change the members of an image, and who may clone it, anew if another was faster.

    A member has no rights where the owner's image is, so that its answer is written by Dicot itself.
    """
    for attempt in range(1, RETRIES + 1):
        try:
            source = await _shared(cluster, caller, image_id)
        except Forbidden as error:
            raise Forbidden(f"Not allowed to {verb} members for image {image_id}.") from error
        members = spelling.members(source)
        decide(source, members)
        client = cluster.as_user(caller) if caller.cloud_admin or owns(caller, source) else cluster.client
        meta = source["metadata"]
        annotations = {spelling.MEMBERS: spelling.encoded(members) if members else None}
        patch = {"metadata": {"annotations": annotations, "resourceVersion": meta["resourceVersion"]}}
        try:
            made = await client.patch(DATA_SOURCES, meta["name"], patch, meta["namespace"])
        except kube.Conflict:
            if attempt == RETRIES:
                raise
            await cluster.look(DATA_SOURCES, meta["name"], meta["namespace"])
            continue
        cluster.cache(DATA_SOURCES).learn(made)
        await sharing.open_to(cluster, made, "shared")
        return
