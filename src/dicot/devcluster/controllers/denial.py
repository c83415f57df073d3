"""How admission webhooks refuse, in the words and shapes that a real API server passes on.

The only place in the controllers that knows the development API server's errors: on a real cluster this is a webhook.
"""

import msgspec

from dicot.devcluster.apiserver.status import ApiError, error


class Cause(msgspec.Struct, frozen=True):
    """One thing that is wrong."""

    message: str
    field: str
    reason: str = "FieldValueInvalid"


def denied(webhook: str, causes: list[Cause], *, separator: str = " ", reason: str | None = None) -> ApiError:
    """422 by a validating webhook, with its causes; CDI's has no reason."""
    text = ", ".join(cause.message for cause in causes)
    message = f'admission webhook "{webhook}" denied the request:{separator}{text}'
    listed = [
        {"reason": one.reason, "message": one.message, **({"field": one.field} if one.field else {})} for one in causes
    ]
    return error(422, message, reason=reason, causes=listed)


def _listed(cause: Cause) -> dict[str, str]:
    body = {"reason": cause.reason, "message": cause.message}
    return {**body, "field": cause.field} if cause.field else body


def malformed(webhook: str, causes: list[str]) -> ApiError:
    """422 by a mutating webhook that checks the schema: causes are sentences only."""
    message = f'admission webhook "{webhook}" denied the request: {", ".join(causes)}'
    return error(422, message, causes=[{"message": one} for one in causes])


def unreadable(webhook: str, why: str) -> ApiError:
    """400 without a reason, for a value that cannot be read."""
    return error(400, f'admission webhook "{webhook}" denied the request: {why}', reason="")


def too_many(webhook: str, why: str) -> ApiError:
    """429 without a reason, as an eviction is put off."""
    return error(429, f'admission webhook "{webhook}" denied the request: {why}', reason="")


def forbidden(resource: str, name: str, why: str) -> ApiError:
    """403 by an admission plug-in."""
    return error(403, f'{resource} "{name}" is forbidden: {why}', details={"name": name, "kind": resource})


def not_imitated(what: str) -> ApiError:
    """501: the development cluster does not imitate this; the message names it."""
    return error(501, f"the development cluster does not imitate {what}", reason="NotImplemented")


def invalid(kind: str, name: str, plural: str, cause: Cause) -> ApiError:
    """422 as the API server's own validation of a built-in kind words it."""
    message = f'{kind} "{name}" is invalid: {cause.field}: {cause.message}'
    causes = [{"reason": cause.reason, "message": cause.message, "field": cause.field}]
    return error(422, message, details={"name": name, "kind": plural}, causes=causes)
