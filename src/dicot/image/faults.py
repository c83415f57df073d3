"""How Glance words its errors: webob's JSON, and the few explanations that webob adds to a detail. Pure."""

from __future__ import annotations

from typing import Any

from dicot.api import errors
from dicot.api.errors import ApiError, Conflict, Forbidden, NotFound, UnsupportedMediaType

Json = dict[str, Any]

BREAK = "<br /><br />\n"
_UNAUTHORIZED = (
    "This server could not verify that you are authorized to access the document you requested. Either you supplied "
    "the wrong credentials (e.g., bad password), or your browser does not understand how to supply the credentials "
    "required."
)


def envelope(error: ApiError) -> Json:
    """Render as webob's JSON formatter does, which is what Glance sends; the HTML is in the original."""
    if error.status == 401:
        return errors.glance(errors.Unauthorized(_UNAUTHORIZED))
    told = errors.glance(error)
    if BREAK in error.message:
        told["message"] = error.message
    return told


def conflict(detail: str) -> Conflict:
    """Make the 409 that webob explains itself."""
    return Conflict(f"There was a conflict when trying to complete your request.{BREAK}{detail}\n\n")


def forbidden(detail: str) -> Forbidden:
    """Make the 403 that webob explains itself."""
    return Forbidden(f"Access was denied to this resource.{BREAK}{detail}\n\n")


def unsupported(media_type: str, detail: str) -> UnsupportedMediaType:
    """Make the 415 of a media type, or of data, that Glance does not take."""
    return UnsupportedMediaType(
        f"The request media type {media_type} is not supported by this server.\n{BREAK}{detail}"
    )


def missing(image_id: str) -> NotFound:
    """Make the 404 of an image that is not there, or that the caller may not know of."""
    return NotFound(f"No image found with ID {image_id}")


def not_allowed(action: str) -> Forbidden:
    """Make the 403 of an action that policy does not allow."""
    return Forbidden(f"You are not authorized to complete {action} action.")
