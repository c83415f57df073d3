import msgspec
import pytest

from dicot.kube import errors
from dicot.kube.errors import from_response

from .faulty import status


@pytest.mark.parametrize(
    ("code", "reason", "message", "kind"),
    [
        (404, "NotFound", 'widgets.example.com "zz" not found', errors.NotFound),
        (409, "AlreadyExists", 'widgets.example.com "a" already exists', errors.AlreadyExists),
        (409, "Conflict", "Operation cannot be fulfilled", errors.Conflict),
        (403, "Forbidden", 'pods "x" is forbidden: exceeded quota: q, requested: cpu=1', errors.QuotaExceeded),
        (403, "Forbidden", "User cannot list", errors.Forbidden),
        (400, "BadRequest", "no", errors.Invalid),
        (422, "Invalid", "no", errors.Invalid),
        (410, "Expired", "too old", errors.Expired),
        (429, "", "eviction", errors.TooManyRequests),
        (504, "Timeout", "Too large resource version", errors.Unavailable),
        (500, "", "boom", errors.Unavailable),
        (501, "", "no", errors.Unsupported),
        (405, "MethodNotAllowed", "no", errors.Unsupported),
        (415, "UnsupportedMediaType", "no", errors.Unsupported),
        (418, "", "no", errors.KubeError),
    ],
)
def test_the_meaning_of_a_status(code: int, reason: str, message: str, kind: type):
    error = from_response(code, msgspec.json.encode(status(code, reason, message, name="x")), {})
    assert type(error) is kind
    assert (error.status, error.message, error.details) == (code, message, {"name": "x"})
    assert reason in (error.reason, "")


def test_kubevirt_answers_in_plain_text():
    error = from_response(500, b"VMI is not running\n", {"Retry-After": "3"})
    assert isinstance(error, errors.Unavailable)
    assert (error.message, error.retry_after_s) == ("VMI is not running", 3.0)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[]", b'{"kind": "Other"}', b'{"kind"'])
def test_any_body_makes_an_error(body: bytes):
    assert isinstance(from_response(404, body, {"Retry-After": "soon"}), errors.NotFound)


def test_causes_name_the_fields():
    cause = {"reason": "FieldValueInvalid", "field": "spec.size", "message": "no"}
    error = from_response(422, msgspec.json.encode(status(422, "Invalid", causes=[cause])), {})
    assert isinstance(error, errors.Invalid)
    assert error.causes() == [cause]
    assert errors.Invalid("no").causes() == []
