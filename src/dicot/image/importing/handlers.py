"""Handlers of imports."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from dicot.api.errors import BadRequest, Conflict
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.image.file.upload import begin
from dicot.image.images import spelling
from dicot.image.images.handlers import IMPORT_METHODS
from dicot.image.images.lookup import gather
from dicot.image.images.ownership import owned
from dicot.image.images.status import status

Json = dict[str, Any]

_GIB = 1024**3


async def create(request: Request, cluster: Cluster) -> Response:
    """Begin to fetch an image's data from a web server."""
    url = _url(request.body)
    source = await owned(cluster, request.caller, request.params["image_id"], "modify_image")
    now = status(gather(cluster, source))
    if now != "queued":
        raise Conflict(f"Image needs to be in 'queued' state to use 'web-download' method (current: {now})")
    for name, key in (("container_format", spelling.CONTAINER_FORMAT), ("disk_format", spelling.DISK_FORMAT)):
        if not spelling.text(source, key):
            raise Conflict(f"'{name}' needs to be set before import")
    minimum = (spelling.number(source, spelling.MIN_DISK_GB) or 0) * _GIB
    content = {"http": {"url": url}}
    await begin(cluster, request.caller, source, content, minimum or cluster.config.image_default_bytes, "importing")
    return Response(status=202)


def _url(body: Any) -> str:
    """Return the address to fetch from; BadRequest in Glance's words for anything but a download from the web."""
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
    url = method.get("uri")
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        raise BadRequest(f"URI for web-download does not pass filtering: {url}")
    return str(url)
