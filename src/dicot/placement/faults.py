"""Errors as Placement renders them. Pure."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import ApiError, keystone
from dicot.api.microversion import parse
from dicot.placement.providers.changes import CODES, NEWEST, OLDEST

Json = dict[str, Any]

_WORDS = {
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    405: "The method specified is not allowed for this resource.",
}
_UNACCEPTABLE = (
    "The resource could not be generated that was acceptable to your browser (content of type application/json."
)


def fault(error: ApiError) -> Json:
    """Render as Placement does: webob's words and its own, a code since 1.23. 401 comes from keystonemiddleware."""
    if error.status == 401:
        return keystone(error)
    words = _WORDS.get(error.status)
    told: Json = {
        "status": error.status,
        "title": error.title,
        "detail": f"{words}\n\n {error.message}  " if words else error.message,
        "request_id": error.request_id,
    }
    if error.status == 406:
        asked = error.headers["OpenStack-API-Version"].split()[1]
        told["detail"] = f"{_UNACCEPTABLE} \n\n Invalid microversion: Unacceptable version header: {asked}"
        told |= {"max_version": NEWEST, "min_version": OLDEST}
    elif error.version >= parse(CODES.version):
        told["code"] = "placement.undefined_code"
    return {"errors": [told]}
