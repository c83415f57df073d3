"""Errors as Kubernetes spells them: `Status` objects. Every refusal of the API server is an `ApiError` made here."""

from typing import Any

import msgspec

from dicot.devcluster.apiserver.resources import Resource

Json = dict[str, Any]

REASONS = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    406: "NotAcceptable",
    409: "Conflict",
    410: "Expired",
    415: "UnsupportedMediaType",
    422: "Invalid",
    429: "TooManyRequests",
    500: "InternalError",
    501: "NotImplemented",
    503: "ServiceUnavailable",
    504: "Timeout",
}


class ApiError(Exception):
    """A refusal, with the whole `Status` object that the client receives."""

    def __init__(self, status: Json, headers: dict[str, str] | None = None) -> None:
        super().__init__(status.get("message", ""))
        self.status = status
        self.headers = headers or {}

    @property
    def code(self) -> int:
        """The HTTP status."""
        return int(self.status["code"])


class NotAnApiPath(Exception):
    """The path belongs to no API: answered 404 in plain text, as net/http does."""


class Cause(msgspec.Struct, frozen=True):
    """One entry of `details.causes`."""

    reason: str
    message: str
    field: str


def failure(code: int, message: str, *, reason: str | None = None, details: Json | None = None) -> Json:
    """Make a failing `Status`; `reason=""` leaves the reason out."""
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message}
    chosen = REASONS.get(code, "") if reason is None else reason
    if chosen:
        body["reason"] = chosen
    if details is not None:
        body["details"] = details
    return {**body, "code": code}


def error(
    code: int, message: str, *, reason: str | None = None, details: Json | None = None, causes: list[Json] | None = None
) -> ApiError:
    """Make an error from its parts; what admission hooks raise."""
    if causes is not None:
        details = {**(details or {}), "causes": causes}
    return ApiError(failure(code, message, reason=reason, details=details))


def _details(resource: Resource, name: str, kind: str) -> Json:
    body: Json = {}
    if name:
        body["name"] = name
    if resource.group:
        body["group"] = resource.group
    return {**body, "kind": kind} if kind else body


def bad_request(message: str) -> ApiError:
    """400."""
    return error(400, message)


def internal(message: str) -> ApiError:
    """500 without a reason, as an error of plain Go becomes."""
    return error(500, message, reason="")


def not_found(resource: Resource, name: str) -> ApiError:
    """404 for one object."""
    return error(404, f'{resource.qualified} "{name}" not found', details=_details(resource, name, resource.plural))


def already_exists(resource: Resource, name: str, *, deleting: bool = False) -> ApiError:
    """409 for a name in use."""
    prefix = "object is being deleted: " if deleting else ""
    message = f'{prefix}{resource.qualified} "{name}" already exists'
    return error(409, message, reason="AlreadyExists", details=_details(resource, name, resource.plural))


def conflict(resource: Resource, name: str, why: str, *, by_kind: bool = False) -> ApiError:
    """409 for an object that is not as the caller expected."""
    shown, kind = (resource.qualified_kind, resource.kind) if by_kind else (resource.qualified, resource.plural)
    message = f'Operation cannot be fulfilled on {shown} "{name}": {why}'
    return error(409, message, details=_details(resource, name, kind))


def modified(resource: Resource, name: str) -> ApiError:
    """409 for a stale resourceVersion."""
    why = "the object has been modified; please apply your changes to the latest version and try again"
    return conflict(resource, name, why)


def forbidden(resource: Resource, name: str, why: str, *, causes: list[Json] | None = None) -> ApiError:
    """403 by admission or authorisation of a resource."""
    shown = f'{resource.qualified} "{name}"' if name else resource.qualified
    return error(403, f"{shown} is forbidden: {why}", details=_details(resource, name, resource.plural), causes=causes)


def invalid(
    resource: Resource, name: str, causes: list[Cause], *, kind: str | None = None, plural: bool = False
) -> ApiError:
    """422 with its causes, one sentence for each."""
    shown_kind = resource.plural if plural else resource.kind if kind is None else kind
    shown = f"{shown_kind}.{resource.group}" if resource.group else shown_kind
    return _invalid(shown, name, _details(resource, name, shown_kind), causes)


def invalid_options(kind: str, causes: list[Cause]) -> ApiError:
    """422 for query parameters or options."""
    return _invalid(f"{kind}.meta.k8s.io", "", {"group": "meta.k8s.io", "kind": kind}, causes)


def _invalid(shown: str, name: str, details: Json, causes: list[Cause]) -> ApiError:
    listed = [{"reason": c.reason, "message": c.message, "field": c.field} for c in causes]
    sentences = list(dict.fromkeys(f"{c.field}: {c.message}" for c in causes))
    text = sentences[0] if len(sentences) == 1 else f"[{', '.join(sentences)}]"
    return error(422, f'{shown} "{name}" is invalid: {text}', details=details, causes=listed)


def method_not_allowed(resource: Resource, verb: str) -> ApiError:
    """405 for a verb the resource does not have."""
    message = f'{verb} is not supported on resources of kind "{resource.qualified}"'
    return error(405, message, details=_details(resource, "", resource.plural))


def unsupported_media(accepted: list[str]) -> ApiError:
    """415, with what would be accepted."""
    text = "the body of the request was in an unknown format - accepted media types include: " + ", ".join(accepted)
    return error(415, text)


def not_acceptable() -> ApiError:
    """406, with what can be produced."""
    kinds = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    return error(406, f"only the following media types are accepted: {kinds}")


def expired(message: str, *, continue_token: str = "") -> ApiError:
    """410 for a compacted revision."""
    body = failure(410, message)
    if continue_token:
        body["metadata"] = {"continue": continue_token}
    return ApiError(body)


def too_large_version(asked: int, current: int) -> ApiError:
    """504 for a resourceVersion that has not happened yet."""
    causes = [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}]
    details = {"causes": causes, "retryAfterSeconds": 1}
    message = f"Timeout: Too large resource version: {asked}, current: {current}"
    return ApiError(failure(504, message, details=details), {"Retry-After": "1"})


def not_imitated(what: str) -> ApiError:
    """501 for what the development cluster deliberately leaves out, by name."""
    return error(501, f"the development cluster does not imitate {what}")


def required(field: str, text: str = "") -> Cause:
    """Make the cause for a missing field."""
    return Cause("FieldValueRequired", f"Required value: {text}" if text else "Required value", field)


def invalid_value(field: str, value: Any, why: str) -> Cause:
    """Make the cause for a value that breaks a rule; the value is shown as JSON."""
    return Cause("FieldValueInvalid", f"Invalid value: {shown_value(value)}: {why}", field)


def unsupported_value(field: str, value: Any, supported: list[str]) -> Cause:
    """Make the cause for a value outside an enumeration."""
    listed = ", ".join(f'"{item}"' for item in supported)
    return Cause(
        "FieldValueNotSupported", f"Unsupported value: {shown_value(value)}: supported values: {listed}", field
    )


def forbidden_field(field: str, why: str) -> Cause:
    """Make the cause for a field that may not be set."""
    return Cause("FieldValueForbidden", f"Forbidden: {why}", field)


def shown_value(value: Any) -> str:
    """Spell a value as Kubernetes does inside an error sentence."""
    return msgspec.json.encode(value).decode()
