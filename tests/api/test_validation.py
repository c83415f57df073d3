import pytest

from dicot.api.errors import BadRequest
from dicot.api.validation import FORMATS, Validator

SCHEMA = {
    "type": "object",
    "properties": {
        "server": {
            "type": "object",
            "properties": {
                "name": {"type": "string", "minLength": 1, "maxLength": 8},
                "count": {"type": ["string", "integer"], "minimum": 1, "pattern": "^[0-9]*$"},
                "image": {"type": "string", "format": "uuid"},
                "mode": {"enum": ["auto", "manual", None]},
                "tags": {"type": "array", "maxItems": 2, "uniqueItems": True},
                "either": {"oneOf": [{"type": "string"}, {"type": "object"}]},
            },
            "required": ["name"],
            "additionalProperties": False,
        }
    },
    "required": ["server"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "'server' is a required property"),
        ([], "[] is not of type 'object'"),
        ({"server": {}}, "Invalid input for field/attribute server. Value: {}. 'name' is a required property"),
        (
            {"server": {"name": "a", "bogus": "d"}},
            "Invalid input for field/attribute server. Value: {'name': 'a', 'bogus': 'd'}. "
            "Additional properties are not allowed ('bogus' was unexpected)",
        ),
        ({"server": {"name": ""}}, "Invalid input for field/attribute name. Value: . '' should be non-empty"),
        (
            {"server": {"name": "a" * 9}},
            "Invalid input for field/attribute name. Value: aaaaaaaaa. 'aaaaaaaaa' is too long",
        ),
        ({"server": {"name": 3}}, "Invalid input for field/attribute name. Value: 3. 3 is not of type 'string'"),
        (
            {"server": {"name": "a", "count": 0}},
            "Invalid input for field/attribute count. Value: 0. 0 is less than the minimum of 1",
        ),
        (
            {"server": {"name": "a", "count": None}},
            "Invalid input for field/attribute count. Value: None. None is not of type 'string', 'integer'",
        ),
        (
            {"server": {"name": "a", "image": "x"}},
            "Invalid input for field/attribute image. Value: x. 'x' is not a 'uuid'",
        ),
        (
            {"server": {"name": "a", "mode": "x"}},
            "Invalid input for field/attribute mode. Value: x. 'x' is not one of ['auto', 'manual', None]",
        ),
        (
            {"server": {"name": "a", "tags": ["x", "x"]}},
            "Invalid input for field/attribute tags. Value: ['x', 'x']. ['x', 'x'] has non-unique elements",
        ),
        (
            {"server": {"name": "a", "either": 1}},
            "Invalid input for field/attribute either. Value: 1. 1 is not valid under any of the given schemas",
        ),
    ],
)
def test_errors_are_told_in_openstacks_sentences(body, sentence):
    with pytest.raises(BadRequest) as caught:
        Validator(SCHEMA).check(body)
    assert caught.value.message == sentence


def test_the_first_error_is_the_one_written_first_in_the_schema():
    with pytest.raises(BadRequest, match="attribute name"):
        Validator(SCHEMA).check({"server": {"tags": [1, 2, 3], "name": "", "bogus": 1}})


def test_a_schema_that_is_wrong_in_itself_stops_the_start():
    with pytest.raises(ValueError, match="nosuchtype"):
        Validator({"type": "nosuchtype"})


LIMITED = {"type": "object", "properties": {"n": {"type": ["integer", "string"], "minimum": 1, "maximum": 9}}}


@pytest.mark.parametrize("value", [0, 10, "0", "10", "-1"])
def test_limits_hold_for_numbers_written_as_text(value):
    with pytest.raises(BadRequest, match="attribute n"):
        Validator(LIMITED).check({"n": value})
    for fine in (1, 9, "1", "9"):
        Validator(LIMITED).check({"n": fine})


def test_a_query_names_the_key():
    schema = {
        "type": "object",
        "properties": {"limit": {"type": "array", "items": {"type": "string", "pattern": "^[0-9]*$"}}},
    }
    with pytest.raises(BadRequest, match="Invalid input for query parameters limit"):
        Validator(schema).check_query({"limit": ["x"]})


@pytest.mark.parametrize("name", [" a", "a ", "a\tb", "\u200b"])
def test_names_are_refused_in_novas_words(name):
    with pytest.raises(BadRequest) as caught:
        Validator({"type": "object", "properties": {"name": {"type": "string", "format": "name"}}}).check(
            {"name": name}
        )
    assert caught.value.message == (
        "An invalid 'name' value was provided. "
        "The name must be: printable characters. Can not start or end with whitespace."
    )


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("uuid", "6F1C1A52-6f2f-4b0e-9a51-3c7e5d0f2b11", "6f1c1a52"),
        ("uuid", "6f1c1a526f2f4b0e9a513c7e5d0f2b11", "not-a-uuid"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "fe80::1", "10.0.0.1"),
        ("cidr", "10.0.0.0/8", "10.0.0.0/33"),
        ("date-time", "2026-11-22T07:11:18Z", "yesterday"),
        ("base64", "aGVsbG8=", "a"),
        ("regex", "a.*", "("),
    ],
)
def test_formats(name, good, bad):
    assert FORMATS[name](good)
    assert not FORMATS[name](bad)
