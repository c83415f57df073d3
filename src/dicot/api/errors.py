"""One exception per meaning, and the envelope each OpenStack service puts it in.

Handlers raise meanings; the edge renders them. Nothing here knows a resource.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """A request that ends in an error answer.

        `kind` is Neutron's error type (`NetworkNotFound`); other services do not show it. The edge fills in
    `request_id` and `version`, which Placement shows.
    """

    status = 500
    title = "Internal Server Error"
    key = "computeFault"

    def __init__(self, message: str, *, kind: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.kind = kind
        self.headers = dict(headers or {})
        self.request_id = ""
        self.version = 0


class BadRequest(ApiError):
    """400: the request is wrong in itself."""

    status, title, key = 400, "Bad Request", "badRequest"


class Unauthorized(ApiError):
    """401: no token, or one that is not valid now."""

    status, title, key = 401, "Unauthorized", "unauthorized"


class Forbidden(ApiError):
    """403: not allowed to this caller, or over a quota where the service says 403."""

    status, title, key = 403, "Forbidden", "forbidden"


class NotFound(ApiError):
    """404: no such object, or none that this caller may know of."""

    status, title, key = 404, "Not Found", "itemNotFound"


class MethodNotAllowed(ApiError):
    """405: the path exists, the method does not."""

    status, title, key = 405, "Method Not Allowed", "badMethod"


class NotAcceptable(ApiError):
    """406: a microversion outside the range."""

    status, title, key = 406, "Not Acceptable", "computeFault"


class Conflict(ApiError):
    """409: the object's state does not allow it."""

    status, title, key = 409, "Conflict", "conflictingRequest"


class Gone(ApiError):
    """410: what the service itself has removed."""

    status, title, key = 410, "Gone", "computeFault"


class PreconditionFailed(ApiError):
    """412: If-Match named another revision."""

    status, title, key = 412, "Precondition Failed", "preconditionFailed"


class TooLarge(ApiError):
    """413: a body over its limit, or over a quota where the service says 413."""

    status, title, key = 413, "Request Entity Too Large", "overLimit"


class UnsupportedMediaType(ApiError):
    """415: a body of a type that this route does not read."""

    status, title, key = 415, "Unsupported Media Type", "badMediaType"


class RangeNotSatisfiable(ApiError):
    """416: a Range outside the data."""

    status, title, key = 416, "Requested Range Not Satisfiable", "badRequest"


class TooManyRequests(ApiError):
    """429: slow down; Retry-After says how long."""

    status, title, key = 429, "Too Many Requests", "overLimit"


class NotImplementedHere(ApiError):
    """501: what Kubernetes cannot do, refused by name."""

    status, title, key = 501, "Not Implemented", "notImplemented"


class Unavailable(ApiError):
    """503: Kubernetes does not answer, or the cache has not synced; Retry-After says when to ask again."""

    status, title, key = 503, "Service Unavailable", "serviceUnavailable"

    def __init__(self, message: str, *, retry_after_s: int = 2) -> None:
        super().__init__(message, headers={"Retry-After": str(retry_after_s)})


def fault(error: ApiError) -> Json:
    """Render as Nova and Cinder do: one key that names the meaning. 401 comes from keystonemiddleware."""
    if error.status == 401:
        return keystone(error)
    return {error.key: {"code": error.status, "message": error.message}}


def keystone(error: ApiError) -> Json:
    """Render as Keystone and keystonemiddleware do."""
    return {"error": {"code": error.status, "message": error.message, "title": error.title}}


def flask(_: ApiError) -> bytes:
    """Render a path that no route has as Flask does, which is what Keystone sends."""
    return (
        b"<!doctype html>\n<html lang=en>\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n<p>The requested URL was "
        b"not found on the server. If you entered the URL manually please check your spelling and try again.</p>\n"
    )


def glance(error: ApiError) -> Json:
    """Render as webob's JSON formatter does, which is what Glance sends; the HTML is in the original."""
    return {
        "message": f"{error.message}<br /><br />\n\n\n",
        "code": f"{error.status} {error.title}",
        "title": error.title,
    }


def neutron(error: ApiError) -> Json:
    """Render as Neutron does, with the name of its exception. 401 comes from keystonemiddleware."""
    if error.status == 401:
        return keystone(error)
    kind = error.kind or f"HTTP{error.title.replace(' ', '')}"
    return {"NeutronError": {"type": kind, "message": error.message, "detail": ""}}
