"""What Glance reads of a JSON patch, and what it does to an image."""

import pytest

from dicot.api.errors import ApiError
from dicot.image.images import changes
from dicot.image.images.changes import Change

FIELDS = {
    "name": "one",
    "visibility": "shared",
    "protected": False,
    "os_hidden": False,
    "disk_format": "raw",
    "container_format": "bare",
    "min_disk": 0,
    "min_ram": 0,
    "tags": [],
    "properties": {"os_distro": "cirros"},
}


def read(*operations):
    return changes.read(changes.DRAFT_10, list(operations))


def apply(*operations, queued=True):
    return changes.apply(FIELDS, read(*operations), queued=queued)


def test_replace_add_and_remove():
    after = apply(
        {"op": "replace", "path": "/name", "value": "two"},
        {"op": "add", "path": "/myprop", "value": "v"},
        {"op": "remove", "path": "/os_distro"},
        {"op": "replace", "path": "/tags", "value": ["a", "a", "b"]},
    )
    assert after == {**FIELDS, "name": "two", "properties": {"myprop": "v"}, "tags": ["a", "b"]}
    assert FIELDS["properties"] == {"os_distro": "cirros"}, "the fields that went in are left alone"


def test_the_older_dialect_names_the_path_by_the_operation():
    assert changes.read(changes.DRAFT_4, [{"replace": "/name", "value": "x"}]) == [
        Change("replace", "name", "x", draft_4=True)
    ]


def test_the_older_dialect_adds_only_what_is_not_there():
    (change,) = changes.read(changes.DRAFT_4, [{"add": "/os_distro", "value": "x"}])
    with pytest.raises(ApiError) as caught:
        changes.apply(FIELDS, [change], queued=True)
    assert caught.value.status == 409


def test_a_pointer_is_decoded():
    (change,) = read({"op": "add", "path": "/a~1b~0c", "value": "x"})
    assert change.name == "a/b~c"


@pytest.mark.parametrize(
    ("operation", "status", "sentence"),
    [
        ({"op": "replace", "path": "/status", "value": "active"}, 403, "Attribute 'status' is read-only."),
        ({"op": "replace", "path": "/id", "value": "x"}, 403, "Attribute 'id' is read-only."),
        ({"op": "add", "path": "/deleted", "value": "x"}, 403, "Attribute 'deleted' is reserved."),
        ({"op": "add", "path": "/os_glance_x", "value": "x"}, 403, "Attribute 'os_glance_x' is reserved."),
        ({"op": "add", "path": "/locations", "value": []}, 403, "locations"),
        ({"op": "add", "path": "/locations/-", "value": {}}, 400, "Invalid JSON pointer"),
        ({"op": "move", "path": "/name"}, 400, "Invalid operation: `move`."),
        ({"path": "/name"}, 400, "Unable to find `op`"),
        ({"op": "replace", "value": "x"}, 400, "Unable to find 'path'"),
        ({"op": "replace", "path": "name", "value": "x"}, 400, 'does not start with "/"'),
        ({"op": "replace", "path": "/name/", "value": "x"}, 400, 'end with "/"'),
        ({"op": "replace", "path": "/a//b", "value": "x"}, 400, 'adjacent "/"'),
        ({"op": "replace", "path": "/a~2", "value": "x"}, 400, "recognized escape sequence"),
        ({"op": "replace", "path": "/a/b", "value": "x"}, 400, "Invalid JSON pointer"),
        ({"op": "replace", "path": "/name"}, 400, 'requires a member named "value"'),
        ({"op": "replace", "path": "/name", "value": 5}, 400, "5 is not of type 'null', 'string'"),
        ({"op": "replace", "path": "/prop", "value": 5}, 400, "5 is not of type 'string'"),
        ({"op": "replace", "path": "/disk_format", "value": "x"}, 400, "'x' is not one of"),
        ({"op": "replace", "path": f"/{'p' * 256}", "value": "x"}, 400, "255 characters"),
        ("name", 400, "Operations must be JSON objects."),
    ],
)
def test_what_a_patch_may_not_say(operation, status, sentence):
    with pytest.raises(ApiError) as caught:
        read(operation)
    assert caught.value.status == status
    assert sentence in caught.value.message


@pytest.mark.parametrize(
    ("operation", "queued", "status", "sentence"),
    [
        ({"op": "remove", "path": "/nosuch"}, True, 409, "Property nosuch does not exist."),
        ({"op": "replace", "path": "/nosuch", "value": "x"}, True, 409, "Property nosuch does not exist."),
        ({"op": "remove", "path": "/name"}, True, 403, "Property name may not be removed."),
        ({"op": "replace", "path": "/disk_format", "value": "qcow2"}, False, 403, "only replaced for a queued image."),
        ({"op": "replace", "path": "/min_disk", "value": -1}, True, 400, "Cannot be a negative value"),
        ({"op": "replace", "path": "/min_ram", "value": 2**31}, True, 400, "min_ram"),
    ],
)
def test_what_a_patch_may_not_do(operation, queued, status, sentence):
    with pytest.raises(ApiError) as caught:
        apply(operation, queued=queued)
    assert caught.value.status == status
    assert sentence in caught.value.message


def test_a_patch_must_be_a_list_of_the_right_type():
    with pytest.raises(ApiError) as caught:
        changes.read(changes.DRAFT_10, {})
    assert caught.value.message == "Request body must be a JSON array of operation objects."
    with pytest.raises(ApiError) as caught:
        changes.read("application/json", [])
    assert caught.value.status == 415
    assert caught.value.headers["Accept-Patch"] == f"{changes.DRAFT_4}, {changes.DRAFT_10}"
