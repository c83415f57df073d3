"""Handlers of imports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dicot.api.errors import BadRequest, Conflict
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image.file import upload
from dicot.image.file.handlers import check_claim
from dicot.image.file.header import Header
from dicot.image.images import spelling
from dicot.image.images.handlers import IMPORT_METHODS
from dicot.image.images.lookup import gather
from dicot.image.images.ownership import owned
from dicot.image.images.status import status

Json = dict[str, Any]

_GIB = 1024**3


async def create(request: Request, cluster: Cluster) -> Response:
    """Take what was staged for the image's data, or begin to fetch it from a web server."""
    method = _method(request.body)
    url = _url(method) if method["name"] == "web-download" else ""
    source = await owned(cluster, request.caller, request.params["image_id"], "modify_image")
    needed, now = "queued" if url else "uploading", status(gather(cluster, source))
    if now != needed:
        raise Conflict(f"Image needs to be in '{needed}' state to use '{method['name']}' method (current: {now})")
    for name, key in (("container_format", spelling.CONTAINER_FORMAT), ("disk_format", spelling.DISK_FORMAT)):
        if not spelling.text(source, key):
            raise Conflict(f"'{name}' needs to be set before import")
    if not url:
        check_claim(source, Header(str(spelling.text(source, spelling.STORED_AS) or "raw")))
        await upload.mark(cluster, request.caller, source, staged=False)
        return Response(status=202)
    source = await upload.mark(cluster, request.caller, source, staged=False)
    minimum = (spelling.number(source, spelling.MIN_DISK_GB) or 0) * _GIB
    content = {"http": {"url": url}}
    await upload.begin(
        cluster, request.caller, source, content, minimum or cluster.config.image_default_bytes, "importing"
    )
    return Response(status=202)


def _method(body: Any) -> Json:
    """Return the method asked for; BadRequest in Glance's words for one that is not here."""
    method = body.get("method") if isinstance(body, dict) else None
    if not isinstance(method, dict):
        raise BadRequest("Import request requires a 'method' field.")
    if "name" not in method:
        raise BadRequest("Import request requires a 'name' field.")
    if method["name"] not in IMPORT_METHODS:
        raise BadRequest(f"Unknown import method name '{method['name']}'.")
    for name in ("all_stores", "all_stores_must_succeed"):
        if not isinstance(body.get(name, False), bool):
            raise BadRequest(f"'{name}' must be boolean value only")
    if body.get("stores"):  # all of them, on the other hand, is the one there is
        raise BadRequest("'stores' cannot be used: multi backend is not supported at this site.")
    return method


def _url(method: Json) -> str:
    """Return the address to fetch from."""
    url = method.get("uri")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadRequest(f"URI for web-download does not pass filtering: {url}")
    return str(url)
