"""Volumes over HTTP: the life of one, lists, what is refused, and what others may see."""

from __future__ import annotations

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import assert_like, assert_same

NOBODY = "00000000-0000-0000-0000-000000000000"


def test_the_life_of_a_volume(storage: Storage):
    api = storage.api
    made = api.post("/volumes", json={"volume": {"name": "gvol", "size": 1, "metadata": {"k": "v"}}})
    assert_like("012-volume-create", made)
    volume_id = made.json()["volume"]["id"]
    assert api.get(f"/volumes/{volume_id}").status_code == 200, "known at once"
    storage.until(volume_id, "available")
    shown = api.get(f"/volumes/{volume_id}")
    assert_like("018-volume-show", shown)
    volume = shown.json()["volume"]
    assert (volume["name"], volume["size"], volume["metadata"]) == ("gvol", 1, {"k": "v"})
    assert volume["user_id"] == storage.project.user_id
    assert volume["os-vol-tenant-attr:tenant_id"] == storage.project.project_id
    assert not volume["created_at"].endswith("Z")
    assert api.get(f"/volumes/{volume_id}/encryption").json() == {"encryption_key_id": None}
    changed = api.put(f"/volumes/{volume_id}", json={"volume": {"name": "gvolx", "description": "d"}})
    assert_like("028-volume-update", changed)
    assert (changed.json()["volume"]["name"], changed.json()["volume"]["description"]) == ("gvolx", "d")
    gone = api.delete(f"/volumes/{volume_id}")
    assert (gone.status_code, gone.content) == (202, b"")
    storage.gone(f"/volumes/{volume_id}")
    wait_for(lambda: not storage.claims() and not storage.plans(), "nothing to be left")


def test_shapes_of_the_newest_microversion(storage: Storage):
    made = storage.newest.post("/volumes", json={"volume": {"name": "gvol2", "size": 2}})
    assert_like("013-volume-create-mv-latest", made)
    volume_id = made.json()["volume"]["id"]
    storage.until(volume_id, "available")
    assert_like("019-volume-show-latest", storage.newest.get(f"/volumes/{volume_id}"), ignore=(".metadata",))


def test_what_an_administrator_sees(storage: Storage, cloud: Cloud):
    volume_id = storage.create(metadata={"k": "v"})["id"]
    assert_like("020-volume-show-admin", cloud.admin.volume.get(f"/volumes/{volume_id}"))


def test_the_project_may_stand_in_the_path(storage: Storage):
    volume_id = storage.create()["id"]
    project = storage.project.project_id
    shown = storage.api.get(f"/{project}/volumes/{volume_id}").json()["volume"]
    assert shown["links"][0]["href"].endswith(f"/volume/v3/{project}/volumes/{volume_id}")
    assert shown["links"][1]["href"].endswith(f"/volume/{project}/volumes/{volume_id}")
    assert_same("004-wrong-project-400", storage.api.get("/deadbeef/volumes"))


def test_lists(storage: Storage):
    first = storage.create(name="a", metadata={"tier": "gold"})
    second = storage.create(name="b", size=2)
    api = storage.api
    assert_like("022-volumes-list", api.get("/volumes"))
    assert_like("023-volumes-detail", api.get("/volumes/detail"), ignore=(".metadata",))
    counted = storage.project.volume_at("3.45").get("/volumes/detail", params={"with_count": "true"})
    assert_like("024-volumes-detail-count", counted, ignore=(".metadata",))
    assert counted.json()["count"] == 2
    by_name = [one["id"] for one in api.get("/volumes", params={"sort": "name:asc"}).json()["volumes"]]
    assert by_name == [first["id"], second["id"]]
    page = api.get("/volumes", params={"limit": 1, "sort": "name:asc"})
    assert_like("025-volumes-list-limit", page)
    following = page.json()["volumes_links"][0]["href"]
    assert f"marker={first['id']}" in following
    rest = api.get(following).json()
    assert [one["id"] for one in rest["volumes"]] == [second["id"]]
    assert api.get("/volumes", params={"limit": 0}).json() == {"volumes": []}
    assert [one["name"] for one in api.get("/volumes", params={"offset": 1, "sort": "name"}).json()["volumes"]] == ["a"]


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": "a", "status": "available"}, ["a"]),
        ({"status": "in-use"}, []),
        ({"metadata": "{'tier': 'gold'}"}, ["a"]),
        ({"metadata": "{'tier': 'lead'}"}, []),
        ({"size": "2"}, ["b"]),
        ({"availability_zone": "nova"}, ["a", "b"]),
        ({"bootable": "false"}, ["a", "b"]),
        ({"bootable": "True"}, []),
        ({"name~": "A"}, ["a"]),
        ({"created_at": "gt:2001-01-01T00:00:00"}, ["a", "b"]),
        ({"created_at": "lt:2001-01-01T00:00:00"}, []),
        ({"all_tenants": "1"}, ["a", "b"]),
    ],
    ids=str,
)
def test_filters(storage_of_two: Storage, filters: dict[str, str], names: list[str]):
    found = storage_of_two.newest.get("/volumes", params={**filters, "sort": "name:asc"})
    assert found.status_code == 200, found.text
    assert [one["name"] for one in found.json()["volumes"]] == names


@pytest.fixture(scope="module")
def storage_of_two(cloud: Cloud):
    project = cloud.new_project("two-volumes")
    storage = Storage(project)
    storage.create(name="a", metadata={"tier": "gold"})
    storage.create(name="b", size=2)
    yield storage
    project.remove()


@pytest.mark.parametrize(
    ("query", "version", "message"),
    [
        ({"host": "x"}, "3.71", "Invalid filters host are found in query options."),
        ({"limit": "x"}, "3.0", "limit param must be an integer"),
        ({"limit": "-1"}, "3.0", "limit param must be positive"),
        ({"offset": "-1"}, "3.0", "offset must be"),
        ({"sort": "colour"}, "3.0", "Invalid sort key"),
        ({"sort": "name:up"}, "3.0", "Unknown sort direction"),
        ({"sort": "name", "sort_key": "id"}, "3.0", "cannot be used with the 'sort' parameter"),
        ({"bootable": "perhaps"}, "3.2", "bootable"),
        ({"created_at": "about:2020-01-01"}, "3.60", "Invalid about operator"),
        ({"created_at": "gt:yesterday"}, "3.60", "Invalid yesterday value"),
        ({"with_count": "perhaps"}, "3.45", "is not a boolean"),
    ],
    ids=str,
)
def test_bad_queries(standing: Storage, query: dict[str, str], version: str, message: str):
    answer = standing.project.volume_at(version).get("/volumes", params=query)
    assert answer.status_code == 400, answer.text
    assert message in answer.json()["badRequest"]["message"]


def test_an_unknown_filter_is_forgotten_before_3_31(storage: Storage):
    storage.create()
    assert len(storage.api.get("/volumes", params={"host": "x"}).json()["volumes"]) == 1


def test_an_unknown_marker(project: Project):
    assert project.volume.get("/volumes", params={"marker": NOBODY}).status_code == 404


@pytest.mark.parametrize(
    ("body", "recording"),
    [
        ({"volume": {"name": "x", "size": 0}}, "014-volume-create-400-size"),
        ({"volume": {"name": "x"}}, "015-volume-create-400-missing"),
        ({"volume": {"size": 1, "volume_type": "nosuch"}}, "016-volume-create-404-type"),
    ],
)
def test_refused_as_recorded(standing: Storage, body: dict, recording: str):
    assert_same(recording, standing.api.post("/volumes", json=body))
    assert not standing.plans()


@pytest.mark.parametrize(
    ("volume", "status", "message"),
    [
        ({"size": 1, "colour": "red"}, 400, "Additional properties"),
        ({"size": 1, "multiattach": True}, 400, "multiattach parameter has been removed"),
        ({"size": 1, "snapshot_id": NOBODY}, 404, f"Snapshot {NOBODY} could not be found."),
        ({"size": 1, "source_volid": NOBODY}, 404, f"Volume {NOBODY} could not be found."),
        ({"size": 1, "imageRef": NOBODY}, 400, "Invalid image identifier or unable to access requested image."),
        ({"size": 1, "group_id": NOBODY}, 404, f"Group {NOBODY} could not be found."),
        ({"size": 1, "backup_id": NOBODY}, 404, f"Backup {NOBODY} could not be found."),
        ({"size": 1, "availability_zone": "moon"}, 400, "Availability zone 'moon' is invalid."),
        ({"size": 1, "snapshot_id": NOBODY, "source_volid": NOBODY}, 400, "May specify only one of"),
        ({"size": "0"}, 400, "'0' is less than the minimum of 1"),
    ],
    ids=str,
)
def test_bad_volumes_leave_nothing(standing: Storage, volume: dict, status: int, message: str):
    answer = standing.newest.post("/volumes", json={"volume": volume})
    assert answer.status_code == status, answer.text
    (fault,) = answer.json().values()
    assert message in fault["message"]
    assert not standing.plans()
    assert not standing.claims()


def test_scheduler_hints_are_refused_by_name(project: Project):
    hints = {"volume": {"size": 1}, "OS-SCH-HNT:scheduler_hints": {"same_host": [NOBODY]}}
    answer = project.volume.post("/volumes", json=hints)
    assert answer.status_code == 400
    assert "OS-SCH-HNT:scheduler_hints" in answer.json()["badRequest"]["message"]


def test_an_unknown_volume(project: Project):
    assert_same("021-volume-404", project.volume.get(f"/volumes/{NOBODY}"))
    for method, path in (("PUT", ""), ("DELETE", ""), ("POST", "/action"), ("GET", "/metadata")):
        body = {"volume": {"name": "x"}} if method == "PUT" else {"os-extend": {"new_size": 2}}
        answer = project.volume.request(
            method, f"/volumes/{NOBODY}{path}", json=body if method in {"PUT", "POST"} else None
        )
        assert answer.status_code == 404, (method, path, answer.text)


def test_without_a_token(project: Project):
    answer = project.volume.get("/volumes", headers={"X-Auth-Token": "nonsense"})
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == 401
    assert "Keystone uri=" in answer.headers["WWW-Authenticate"]


def test_a_reader_only_reads(cloud: Cloud):
    reader = cloud.new_project("readers", role="reader")
    try:
        assert reader.volume.get("/volumes").status_code == 200
        refused = reader.volume.post("/volumes", json={"volume": {"size": 1}})
        assert refused.status_code == 403
        assert refused.json()["forbidden"]["message"] == "Policy doesn't allow volume:create to be performed."
    finally:
        reader.remove()


def test_projects_do_not_see_each_other(storage: Storage, cloud: Cloud):
    volume_id = storage.create()["id"]
    other = cloud.new_project("others")
    try:
        api = other.volume
        assert api.get("/volumes").json() == {"volumes": []}
        assert api.get("/volumes", params={"all_tenants": 1}).json() == {"volumes": []}
        assert api.get(f"/volumes/{volume_id}").status_code == 404
        assert api.delete(f"/volumes/{volume_id}").status_code == 404
        assert api.put(f"/volumes/{volume_id}", json={"volume": {"name": "x"}}).status_code == 404
        assert api.post("/volumes", json={"volume": {"source_volid": volume_id}}).status_code == 404
        assert api.post("/snapshots", json={"snapshot": {"volume_id": volume_id}}).status_code == 404
    finally:
        other.remove()
    everything = cloud.admin.volume.get("/volumes/detail", params={"all_tenants": 1}).json()["volumes"]
    assert volume_id in [one["id"] for one in everything]
    assert volume_id not in [one["id"] for one in cloud.admin.volume.get("/volumes").json()["volumes"]]


def test_summary(storage: Storage):
    storage.create(metadata={"a": "1"})
    storage.create(size=2, metadata={"a": "2"})
    assert storage.api.get("/volumes/summary").status_code == 404
    plain = storage.project.volume_at("3.12").get("/volumes/summary").json()
    assert plain == {"volume-summary": {"total_count": 2, "total_size": 3}}
    told = storage.newest.get("/volumes/summary").json()["volume-summary"]
    assert told["metadata"] == {"a": ["1", "2"]}


def test_what_has_no_name_shows_null(storage: Storage):
    unnamed, empty = storage.create(), storage.create(name="")
    assert (unnamed["name"], empty["name"]) == (None, "")
    assert storage.snapshot(unnamed["id"])["name"] is None
    path = f"/volumes/{empty['id']}"
    assert storage.newest.put(path, json={"volume": {"name": "x"}}).json()["volume"]["name"] == "x"
    assert storage.newest.put(path, json={"volume": {"name": None}}).json()["volume"]["name"] is None
    listed = storage.newest.get("/volumes", params={"sort": "name:asc"}).json()["volumes"]
    assert [one["name"] for one in listed] == [None, None]
    assert storage.newest.get("/volumes", params={"name": "x"}).json()["volumes"] == []


def test_filters_and_sort_keys_begin_at_their_microversion(storage: Storage):
    made = storage.create(name="a")
    for key, value, first in (("glance_metadata", "{'a': 'b'}", "3.4"), ("consumes_quota", "False", "3.65")):
        version, minor = first.split(".")
        older = storage.project.volume_at(f"{version}.{int(minor) - 1}").get("/volumes", params={key: value})
        assert [one["id"] for one in older.json()["volumes"]] == [made["id"]]
        assert storage.project.volume_at(first).get("/volumes", params={key: value}).json()["volumes"] == []
    assert storage.project.volume_at("3.29").get("/snapshots", params={"sort": "name"}).status_code == 400
    assert storage.project.volume_at("3.30").get("/snapshots", params={"sort": "name"}).status_code == 200
