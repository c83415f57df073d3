"""Which images a list shows, and in which order."""

import pytest

from dicot.api.errors import BadRequest
from dicot.image.images import filters


def image(name, **more):
    return {
        "name": name,
        "id": f"id-{name}",
        "status": "active",
        "container_format": "bare",
        "disk_format": "raw",
        "size": 100,
        "virtual_size": None,
        "min_ram": 0,
        "min_disk": 0,
        "checksum": None,
        "os_hash_value": None,
        "os_hash_algo": None,
        "owner": "p1",
        "visibility": "shared",
        "protected": False,
        "os_hidden": False,
        "tags": [],
        "created_at": "2026-01-02T00:00:00Z",
        "updated_at": "2026-01-02T00:00:00Z",
        **more,
    }


IMAGES = [
    image("a", size=10, tags=["x", "y"], os_distro="fedora"),
    image("b", size=None, status="queued", disk_format="qcow2", tags=["x"], created_at="2026-01-03T00:00:00Z"),
    image("c", os_hidden=True, visibility="public", protected=True, created_at="2026-01-01T00:00:00Z"),
    image("d,e", min_ram=64, checksum="abc", owner=None, updated_at="2026-02-01T00:00:00Z"),
]


def names(*query):
    tests = filters.tests(list(query))
    return [one["name"] for one in IMAGES if all(test(one) for test in tests)]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ([], ["a", "b", "d,e"]),
        ([("name", "a")], ["a"]),
        ([("name", 'in:a,"d,e"')], ["a", "d,e"]),
        ([("name", "eq:a")], ["a"]),
        ([("status", "queued")], ["b"]),
        ([("disk_format", "in:qcow2,vmdk")], ["b"]),
        ([("tag", "x")], ["a", "b"]),
        ([("tag", "x"), ("tag", "y")], ["a"]),
        ([("size_min", "11")], ["d,e"]),
        ([("size_max", "50")], ["a"]),
        ([("created_at", "gt:2026-01-02T12:00:00Z")], ["b"]),
        ([("created_at", "2026-01-03T00:00:00Z")], ["b"]),
        ([("created_at", "neq:2026-01-03T00:00:00")], ["a", "d,e"]),
        ([("updated_at", "gte:2026-02-01T00:00:00Z")], ["d,e"]),
        ([("os_distro", "fedora")], ["a"]),
        ([("os_distro", "debian")], []),
        ([("os_hidden", "true")], ["c"]),
        ([("os_hidden", "True"), ("visibility", "public")], ["c"]),
        ([("os_hidden", "true"), ("protected", "true")], ["c"]),
        ([("visibility", "all")], ["a", "b", "d,e"]),
        ([("min_ram", "64")], ["d,e"]),
        ([("checksum", "abc")], ["d,e"]),
        ([("owner", "p1")], ["a", "b"]),
        ([("limit", "1"), ("marker", "id-a"), ("sort", "name"), ("member_status", "all")], ["a", "b", "d,e"]),
    ],
)
def test_filters(query, found):
    assert names(*query) == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        (("visibility", "x"), "Invalid visibility value: x"),
        (("os_hidden", "x"), "Invalid value 'x' for 'os_hidden' filter."),
        (("protected", "True"), "Invalid value 'True' for 'protected' filter."),
        (("size_min", "x"), "Unable to filter on a range with a non-numeric value."),
        (("created_at", "gt:x"), 'Bad "created_at" query filter format.'),
        (("created_at", "around:2026-01-01T00:00:00Z"), "Unable to filter on a unknown operator."),
        (("name", "like:x"), "Unable to filter by unknown operator 'like'."),
        (("name", 'in:"x'), "Invalid filter value"),
        (("changes-since", "x"), '"changes-since" filter is no longer available'),
    ],
)
def test_what_cannot_be_filtered_by(query, sentence):
    with pytest.raises(BadRequest, match=sentence.replace("(", r"\(")):
        names(query)


def order(*query):
    return "".join(one["name"][0] for one in filters.order(list(query), IMAGES))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ([], "bdac"),
        ([("sort_key", "name"), ("sort_dir", "asc")], "abcd"),
        ([("sort_key", "name")], "dcba"),
        ([("sort", "size:asc,name:desc")], "badc"),
        ([("sort", "status,name:asc")], "bacd"),
        ([("sort_key", "size"), ("sort_key", "name"), ("sort_dir", "asc"), ("sort_dir", "desc")], "badc"),
    ],
)
def test_order(query, found):
    assert order(*query) == found


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ([("sort_key", "nosuch")], "Invalid sort key: nosuch. It must be one of the following: name, status"),
        ([("sort_dir", "up")], "Invalid sort direction: up"),
        ([("sort", "name:up")], "Invalid sort direction: up"),
        ([("sort", "name"), ("sort_key", "name")], "Old and new sorting syntax cannot be combined"),
        ([("sort_key", "name"), ("sort_dir", "asc"), ("sort_dir", "asc")], "Number of sort dirs does not match"),
    ],
)
def test_what_cannot_be_sorted_by(query, sentence):
    with pytest.raises(BadRequest, match=sentence):
        order(*query)


def test_limits():
    assert [filters.limit(text) for text in (None, "0", "7", "5000")] == [25, 0, 7, 1000]
    for text, sentence in (("x", "must be an integer"), ("-1", "must be positive")):
        with pytest.raises(BadRequest, match=sentence):
            filters.limit(text)
