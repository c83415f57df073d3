"""What Kubernetes can answer instead of what was asked, as exceptions by meaning.

Every failure of `dicot.kube` is a KubeError. No module outside may parse an error body again.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from dicot.kube import Json


class KubeError(Exception):
    """An answer of Kubernetes that is not the one hoped for; `status` 0 means that there was no answer."""

    default_status: int = 500
    default_reason: str = "InternalError"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        reason: str | None = None,
        details: Json | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        self.message = message
        self.status = self.default_status if status is None else status
        self.reason = self.default_reason if reason is None else reason
        self.details: Json = {} if details is None else details
        self.retry_after_s = retry_after_s
        super().__init__(f"{self.status} {self.reason}: {message}")


class NotFound(KubeError):
    """The object, its namespace or its kind does not exist."""

    default_status = 404
    default_reason = "NotFound"


class AlreadyExists(KubeError):
    """An object of that name exists, perhaps still being deleted."""

    default_status = 409
    default_reason = "AlreadyExists"


class Conflict(KubeError):
    """The object has changed meanwhile, or its state does not allow the call."""

    default_status = 409
    default_reason = "Conflict"


class Forbidden(KubeError):
    """The actor may not do this."""

    default_status = 403
    default_reason = "Forbidden"


class QuotaExceeded(KubeError):
    """A ResourceQuota of the namespace refuses the object."""

    default_status = 403
    default_reason = "Forbidden"


class Unauthorized(KubeError):
    """Kubernetes does not know the credentials."""

    default_status = 401
    default_reason = "Unauthorized"


class Invalid(KubeError):
    """The request or the object breaks a rule; `causes()` names the fields where Kubernetes does."""

    default_status = 422
    default_reason = "Invalid"

    def causes(self) -> list[Json]:
        """List {reason, message, field} of each fault; empty when Kubernetes gave only a sentence."""
        return list(self.details.get("causes") or [])


class Expired(KubeError):
    """The resourceVersion or continue token is too old: list again."""

    default_status = 410
    default_reason = "Expired"


class TooManyRequests(KubeError):
    """Kubernetes asks to come back later (also: an eviction that a budget forbids)."""

    default_status = 429
    default_reason = "TooManyRequests"


class Unavailable(KubeError):
    """Kubernetes, or a component behind it, failed or did not answer in time."""

    default_status = 503
    default_reason = "ServiceUnavailable"


class NotSynced(Unavailable):
    """A cache has not seen a whole list yet, so nothing may be said from it."""

    default_reason = "NotSynced"


class Unsupported(KubeError):
    """This Kubernetes does not serve the method, media type or feature."""

    default_status = 501
    default_reason = "NotImplemented"


_BY_STATUS: dict[int, type[KubeError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: Unsupported,
    406: Unsupported,
    409: Conflict,
    410: Expired,
    413: Invalid,
    415: Unsupported,
    422: Invalid,
    429: TooManyRequests,
    501: Unsupported,
}


def _meaning(status: int, reason: str, message: str) -> type[KubeError]:
    if status == 409 and reason == "AlreadyExists":
        return AlreadyExists
    if status == 403 and "exceeded quota" in message:
        return QuotaExceeded
    return _BY_STATUS.get(status, Unavailable if status >= 500 else KubeError)


def from_status(status: Json, code: int | None = None, retry_after_s: float | None = None) -> KubeError:
    """Turn a Status object (a response body, or the object of an ERROR event) into its exception."""
    code = int(status.get("code") or 500) if code is None else code
    reason = str(status.get("reason") or "")
    message = str(status.get("message") or reason or f"HTTP {code}")
    details: Json = status.get("details") or {}
    if retry_after_s is None and "retryAfterSeconds" in details:
        retry_after_s = float(details["retryAfterSeconds"])
    kind = _meaning(code, reason, message)
    return kind(
        message, status=code, reason=reason or kind.default_reason, details=details, retry_after_s=retry_after_s
    )


def from_response(status: int, body: bytes, headers: Mapping[str, str]) -> KubeError:
    """Turn an error response into its exception; KubeVirt and proxies answer sentences in text/plain."""
    retry_after_s = seconds(headers.get("Retry-After"))
    decoded = _decode(body)
    if isinstance(decoded, dict) and decoded.get("kind") == "Status":
        return from_status(decoded, status, retry_after_s)
    sentence = body.decode("utf-8", "replace").strip() or f"HTTP {status}"
    return from_status({"message": sentence}, status, retry_after_s)


def _decode(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header in seconds; a date or nonsense counts as absent."""
    if retry_after is None or not retry_after.strip().isdigit():
        return None
    return float(retry_after)
