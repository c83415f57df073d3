"""How KubeVirt's subresources refuse: Status objects with the kind in the singular, and plain sentences with 500.

Pure.
"""

from typing import Any

import msgspec
from starlette.responses import JSONResponse, PlainTextResponse, Response

_REASONS = {400: "BadRequest", 404: "NotFound", 409: "Conflict", 500: "InternalError", 501: "NotImplemented"}


class Refused(Exception):
    """An answer that is not the one hoped for."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status_code)
        self.response = response


def _status(code: int, message: str, details: dict[str, Any] | None = None) -> Refused:
    body: dict[str, Any] = {
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
        "reason": _REASONS[code],
    }  # fmt: skip
    if details is not None:
        body["details"] = details
    return Refused(JSONResponse({**body, "code": code}, status_code=code))


def bad_request(message: str) -> Refused:
    """400."""
    return _status(400, message)


def not_found(kind: str, name: str) -> Refused:
    """404: `kind` is in the singular, "virtualmachine"."""
    details = {"name": name, "group": "kubevirt.io", "kind": kind}
    return _status(404, f'{kind}.kubevirt.io "{name}" not found', details)


def conflict(kind: str, name: str, why: str) -> Refused:
    """409: the state does not allow the call."""
    message = f'Operation cannot be fulfilled on {kind}.kubevirt.io "{name}": {why}'
    return _status(409, message, {"name": name, "group": "kubevirt.io", "kind": kind})


def internal(message: str) -> Refused:
    """500 as a Status."""
    return _status(500, f"Internal error occurred: {message}", {"causes": [{"message": message}]})


def not_imitated(what: str) -> Refused:
    """501: the development cluster does not imitate this; the message names it."""
    return _status(501, f"the development cluster does not imitate {what}")


def sentence(refused: Refused) -> Refused:
    """Say the same with 500 and in plain text, as guestosinfo and its like do."""
    return plain(500, _message(refused))


def plain(code: int, text: str) -> Refused:
    """Answer in plain text."""
    return Refused(PlainTextResponse(text, status_code=code))


def _message(refused: Refused) -> str:
    return str(msgspec.json.decode(bytes(refused.response.body))["message"])
