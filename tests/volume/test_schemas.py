"""What each microversion of Cinder accepts, and how a new view is told to an old client."""

import pytest

from dicot.api.errors import BadRequest
from dicot.api.microversion import parse
from dicot.volume.snapshots.changes import HISTORY as SNAPSHOTS
from dicot.volume.volumes.changes import HISTORY as VOLUMES


def check(body: dict, version: str, contract: str = "create") -> None:
    VOLUMES.validator(contract, parse(version)).check(body)


@pytest.mark.parametrize("version", ["3.0", "3.52", "3.53", "3.71"])
def test_a_plain_volume(version):
    check({"volume": {"size": 1, "name": None, "metadata": None, "snapshot_id": None, "multiattach": None}}, version)
    check({"volume": {"size": "10"}, "OS-SCH-HNT:scheduler_hints": None}, version)


def test_unknown_fields_are_refused_since_3_53():
    check({"volume": {"size": 1, "user_id": "x"}}, "3.52")
    with pytest.raises(BadRequest, match="Additional properties are not allowed"):
        check({"volume": {"size": 1, "user_id": "x"}}, "3.53")


def test_an_update_must_change_something_since_3_53():
    check({"volume": {}}, "3.52", "update")
    with pytest.raises(BadRequest):
        check({"volume": {}}, "3.53", "update")


def test_what_a_field_is_depends_on_its_version():
    bad_group = {"volume": {"size": 1, "group_id": 5}}
    check(bad_group, "3.12")
    with pytest.raises(BadRequest, match="5 is not of type"):
        check(bad_group, "3.13")
    bad_backup = {"volume": {"size": 1, "backup_id": "no-uuid"}}
    check(bad_backup, "3.46")
    with pytest.raises(BadRequest):
        check(bad_backup, "3.47")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("size", 0, "Invalid input for field/attribute size. Value: 0. 0 is less than the minimum of 1"),
        ("size", -1, "-1 is less than the minimum of 1"),
        ("size", "1.5", "'1.5' does not match"),
        ("size", True, "True is not of type"),
        ("name", "x" * 256, "is too long"),
        ("description", "x" * 256, "is too long"),
        ("metadata", {"k": 1}, "1 is not of type 'string'"),
        ("metadata", {"k": "x" * 256}, "is too long"),
        ("metadata", {"": "v"}, "Additional properties|does not match"),
        ("snapshot_id", "1", "is not valid under any of the given schemas"),
        ("multiattach", "perhaps", "is not one of"),
    ],
)
@pytest.mark.parametrize("version", ["3.0", "3.71"])
def test_bad_input(field, value, sentence, version):
    with pytest.raises(BadRequest, match=sentence):
        check({"volume": {"size": 1, field: value}}, version)


NEWEST = {
    "id": "x",
    "group_id": None,
    "provider_id": None,
    "shared_targets": None,
    "service_uuid": None,
    "cluster_name": None,
    "volume_type_id": "t",
    "consumes_quota": True,
}


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("3.0", {"id"}),
        ("3.12", {"id"}),
        ("3.13", {"id", "group_id"}),
        ("3.21", {"id", "group_id", "provider_id"}),
        ("3.48", {"id", "group_id", "provider_id", "shared_targets", "service_uuid"}),
        ("3.61", {"id", "group_id", "provider_id", "shared_targets", "service_uuid", "cluster_name"}),
        ("3.64", NEWEST.keys() - {"consumes_quota"}),
        ("3.65", NEWEST.keys()),
        ("3.71", NEWEST.keys()),
    ],
)
def test_volumes_told_backwards(version, keys):
    (told,) = VOLUMES.downgrade("volume", [dict(NEWEST)], parse(version))
    assert told.keys() == keys


def test_shared_targets_have_two_states_before_3_69():
    assert VOLUMES.downgrade("volume", [dict(NEWEST)], parse("3.68"))[0]["shared_targets"] is True
    assert VOLUMES.downgrade("volume", [dict(NEWEST)], parse("3.69"))[0]["shared_targets"] is None


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("3.13", {"id"}),
        ("3.14", {"id", "group_snapshot_id"}),
        ("3.41", {"id", "group_snapshot_id", "user_id"}),
        ("3.65", {"id", "group_snapshot_id", "user_id", "consumes_quota"}),
    ],
)
def test_snapshots_told_backwards(version, keys):
    newest = {"id": "x", "group_snapshot_id": None, "user_id": "u", "consumes_quota": True}
    (told,) = SNAPSHOTS.downgrade("snapshot", [newest], parse(version))
    assert told.keys() == keys
