import pytest

from dicot.api.errors import BadRequest, NotAcceptable
from dicot.api.microversion import Change, Flag, History, Range, drop, parse, spell, without

COMPUTE = Range("compute", "2.1", "2.104", "X-OpenStack-Nova-API-Version")

HEAD = {
    "type": "object",
    "properties": {
        "thing": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "colour": {"type": "string"}, "size": {"type": "integer"}},
            "required": ["name", "size"],
            "additionalProperties": False,
        }
    },
    "required": ["thing"],
    "additionalProperties": False,
}


def size_in_thing(body):
    body["thing"].setdefault("size", 1)


HISTORY = History(
    {"create": HEAD},
    Change("2.9", "Sizes.", create=without("size", at="thing"), upgrades={"create": size_in_thing}, view=drop("size")),
    Change("2.5", "Colours.", create=without("colour", at="thing"), view=drop("colour")),
    Change("2.3", "Loud names.", view=lambda view: view.update(name=view["name"].lower())),
)


@pytest.mark.parametrize(
    ("header", "legacy", "version"),
    [
        (None, None, "2.1"),
        ("compute 2.90", None, "2.90"),
        ("compute latest", None, "2.104"),
        (None, "2.26", "2.26"),
        (None, "latest", "2.104"),
        ("compute 2.60", "2.10", "2.60"),
        ("volume 3.70, compute 2.4", None, "2.4"),
        ("volume 3.70", None, "2.1"),
    ],
)
def test_negotiates_as_nova_does(header, legacy, version):
    assert spell(COMPUTE.negotiate(header, legacy)) == version


@pytest.mark.parametrize("version", ["2.105", "2.0", "3.1", "1.9"])
def test_a_version_outside_the_range_is_406_with_both_ends(version):
    with pytest.raises(NotAcceptable) as caught:
        COMPUTE.negotiate(f"compute {version}", None)
    assert caught.value.message == (
        f"Version {version} is not supported by the API. Minimum is 2.1 and maximum is 2.104."
    )
    assert caught.value.headers["OpenStack-API-Version"] == f"compute {version}"


@pytest.mark.parametrize("version", ["abc", "2", "2.01", "2.1.1", "02.1", "-2.1", "2."])
def test_a_malformed_version_is_400(version):
    with pytest.raises(BadRequest, match="is of invalid format"):
        COMPUTE.negotiate(f"compute {version}", None)


def test_versions_order_as_numbers():
    assert parse("2.9") < parse("2.10") < parse("2.104") < parse("3.0")
    assert spell(parse("2.104")) == "2.104"


def test_an_older_schema_refuses_what_came_later():
    new = {"thing": {"name": "a", "colour": "red", "size": 3}}
    HISTORY.validator("create", parse("2.9")).check(new)
    with pytest.raises(BadRequest, match="'size' was unexpected"):
        HISTORY.validator("create", parse("2.8")).check(new)
    with pytest.raises(BadRequest, match="'colour', 'size' were unexpected"):
        HISTORY.validator("create", parse("2.4")).check(new)


def test_the_newest_schema_refuses_what_was_enough_before():
    old = {"thing": {"name": "a"}}
    HISTORY.validator("create", parse("2.8")).check(old)
    with pytest.raises(BadRequest, match="'size' is a required property"):
        HISTORY.validator("create", parse("2.9")).check(old)


def test_an_older_body_is_carried_forward():
    body = {"thing": {"name": "a"}}
    HISTORY.upgrade("create", body, parse("2.1"))
    assert body == {"thing": {"name": "a", "size": 1}}


def test_views_are_told_backwards():
    view = {"name": "LOUD", "colour": "red", "size": 3}
    assert HISTORY.downgrade("view", [dict(view)], parse("2.9")) == [view]
    assert HISTORY.downgrade("view", [dict(view)], parse("2.5")) == [{"name": "LOUD", "colour": "red"}]
    assert HISTORY.downgrade("view", [dict(view)], parse("2.1")) == [{"name": "loud"}]


def test_changes_stand_newest_first():
    with pytest.raises(ValueError, match="newest first"):
        History({}, Change("2.1", "old"), Change("2.2", "new"))


def test_a_flag_is_a_name_for_a_version():
    flag = Flag("2.45", "createImage answers with a body")
    assert parse(flag.version) == parse("2.45")
