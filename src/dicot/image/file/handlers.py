"""Handlers of an image's data: upload and download, as streams."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

from dicot.api.errors import BadRequest, Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image import faults
from dicot.image.file import export, header, span, upload
from dicot.image.file.receipt import Receipt
from dicot.image.images import spelling
from dicot.image.images.lookup import data_of, find, gather
from dicot.image.images.ownership import owned
from dicot.image.images.status import status

Json = dict[str, Any]

OCTETS = "application/octet-stream"
LISTEN_EVERY = 16
"""After how many pieces of a download it is asked whether anyone still listens."""


async def update(request: Request, cluster: Cluster) -> Response:
    """Receive an image's data."""
    _check_media_type(request)
    source = await _empty(request, cluster, "saving")
    _check_formats(source)
    receipt, found = await _looked_at(request, cluster)
    check_claim(source, found)
    _check_safe(found)
    await upload.store(cluster, request.caller, source, found, receipt)
    return Response(status=204)


async def stage(request: Request, cluster: Cluster) -> Response:
    """Receive data that become the image's by `glance-direct`; what they are to be called may be said until then."""
    _check_media_type(request)
    source = await _empty(request, cluster, "uploading")
    receipt, found = await _looked_at(request, cluster)
    _check_safe(found)
    await upload.store(cluster, request.caller, source, found, receipt, staged=True)
    return Response(status=204)


async def _empty(request: Request, cluster: Cluster, to: str) -> Json:
    source = await owned(cluster, request.caller, request.params["image_id"], "upload_image")
    now = status(gather(cluster, source))
    if now != "queued":
        raise Conflict(f"Image status transition from {now} to {to} is not allowed")
    return source


async def _looked_at(request: Request, cluster: Cluster) -> tuple[Receipt, header.Header]:
    receipt = Receipt(request.http.stream(), _announced(request), cluster.config.image_bytes_max)
    await receipt.peek()
    return receipt, header.read(receipt.first)


def _check_media_type(request: Request) -> None:
    media_type = request.http.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != OCTETS:
        raise faults.unsupported(media_type, f"Invalid content type {media_type}")


def _announced(request: Request) -> int | None:
    """Return how many bytes the client says will come; Glance reads its own header first."""
    headers = request.http.headers
    text = headers.get("x-openstack-image-size") or headers.get("content-length")
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()):
        raise BadRequest("Invalid or missing image size in request headers.")
    return int(text)


def _check_formats(source: Json) -> None:
    told = {"disk_format": spelling.DISK_FORMAT, "container_format": spelling.CONTAINER_FORMAT}
    missing = [name for name, key in told.items() if not spelling.text(source, key)]
    if missing:
        word = "Property" if len(missing) == 1 else "Properties"
        raise BadRequest(f"{word} {', '.join(missing)} must be set prior to saving data.")


def check_claim(source: Json, found: header.Header) -> None:
    """Refuse data that is not what its image is said to be."""
    claimed = str(spelling.text(source, spelling.DISK_FORMAT))
    wrong = header.mismatch(found, claimed)
    if wrong:
        raise faults.unsupported(OCTETS, wrong)


def _check_safe(found: header.Header) -> None:
    if found.unsafe:
        raise faults.unsupported(OCTETS, f"Image failed safety checks: {found.format}: {found.unsafe}")


async def show(request: Request, cluster: Cluster) -> Response:
    """Send an image's data, or a part of it."""
    source = await find(cluster, request.caller, request.params["image_id"])
    evidence = gather(cluster, source)
    now = status(evidence)
    if now == "deactivated" and not request.caller.cloud_admin:
        raise Forbidden("The requested image has been deactivated. Image data download is forbidden.")
    if now not in {"active", "deactivated"}:
        return Response(status=204)
    kind, namespace, claim = data_of(cluster, source)
    _check_identical(source, kind)
    if spelling.number(source, spelling.SIZE) == 0:
        return Response(b"", headers={"Content-MD5": spelling.text(source, spelling.CHECKSUM) or ""}, media_type=OCTETS)
    own = namespace == request.caller.namespace
    client = cluster.as_user(request.caller) if own else cluster.client
    stack = AsyncExitStack()
    try:
        reader = await stack.enter_async_context(export.opened(cluster, client, namespace, claim))
        return await _answer(request, source, reader, stack)
    except BaseException:
        await stack.aclose()
        raise


def _check_identical(source: Json, kind: str) -> None:
    """Refuse what could only be sent changed."""
    came_as = spelling.text(source, spelling.STORED_AS)
    if came_as in header.CONVERTED:
        raise Forbidden(f"Image data came as {came_as} and is stored converted to raw: it cannot be downloaded.")
    if kind == "snapshot":
        raise Forbidden("Image data is stored as a volume snapshot: it cannot be downloaded.")


async def _answer(request: Request, source: Json, reader: export.Reader, stack: AsyncExitStack) -> Response:
    size = spelling.number(source, spelling.SIZE)
    if size is None:
        async with reader.response() as whole:
            size = whole.content_length or 0
    asked = span.read(request.http.headers.get("range"), request.http.headers.get("content-range"), size)
    start, stop = asked or (0, size)
    response = await stack.enter_async_context(reader.response(start, stop))
    headers = {"Content-Length": str(stop - start)}
    checksum = spelling.text(source, spelling.CHECKSUM)
    if checksum:
        headers["Content-MD5"] = checksum
    if asked:
        headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    stream = _closing(request, export.cut(response, start, stop), stack)
    return Response(status=206 if asked else 200, headers=headers, media_type=OCTETS, stream=stream)


async def _closing(request: Request, chunks: AsyncIterator[bytes], stack: AsyncExitStack) -> AsyncIterator[bytes]:
    """Yield everything, or what comes until the client goes away; then end the export."""
    sent = 0
    async with stack:
        async for chunk in chunks:
            yield chunk
            sent += 1
            if sent % LISTEN_EVERY == 0 and await request.http.is_disconnected():
                return
