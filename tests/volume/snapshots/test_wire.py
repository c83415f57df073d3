"""Snapshots over HTTP, and volumes made of them, of other volumes, of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.cloud import wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import assert_like

Json = dict[str, Any]
NOBODY = "00000000-0000-0000-0000-000000000000"


def test_the_life_of_a_snapshot(storage: Storage):
    volume_id = storage.create(size=1)["id"]
    api = storage.api
    made = api.post("/snapshots", json={"snapshot": {"volume_id": volume_id, "name": "gsnap"}})
    assert_like("030-snapshot-create", made)
    path = f"/snapshots/{made.json()['snapshot']['id']}"
    storage.await_it(path, "snapshot", "available")
    assert_like("031-snapshot-show", api.get(path))
    assert_like("032-snapshots-detail", api.get("/snapshots/detail"))
    assert api.get(path).json()["snapshot"]["volume_id"] == volume_id
    changed = api.put(path, json={"snapshot": {"name": "new", "description": "d"}}).json()["snapshot"]
    assert (changed["name"], changed["description"]) == ("new", "d")
    assert api.delete(path).status_code == 202
    storage.gone(path)


def test_a_volume_of_a_snapshot(storage: Storage):
    volume = storage.create(size=2)
    snapshot = storage.snapshot(volume["id"])
    made = storage.api.post("/volumes", json={"volume": {"snapshot_id": snapshot["id"], "name": "fromsnap"}})
    assert_like("033-volume-from-snapshot", made)
    copy = storage.until(made.json()["volume"]["id"], "available")
    assert (copy["size"], copy["snapshot_id"]) == (2, snapshot["id"])
    small = storage.api.post("/volumes", json={"volume": {"snapshot_id": snapshot["id"], "size": 1}})
    assert small.status_code == 400
    assert "cannot be smaller than the snapshot size 2GB" in small.json()["badRequest"]["message"]


def test_a_volume_of_a_volume(storage: Storage):
    source = storage.create(size=2)
    copy = storage.create(source_volid=source["id"], size=3)
    assert (copy["size"], copy["source_volid"]) == (3, source["id"])
    small = storage.api.post("/volumes", json={"volume": {"source_volid": source["id"], "size": 1}})
    assert small.status_code == 400


def test_a_volume_of_an_image(storage: Storage):
    image = storage.project.image.get("/images").json()["images"][0]
    volume = storage.create(imageRef=image["id"])
    assert volume["bootable"] == "true"
    assert volume["volume_image_metadata"]["image_id"] == image["id"]
    copy = storage.create(snapshot_id=storage.snapshot(volume["id"])["id"])
    assert copy["bootable"] == "true"
    assert copy["volume_image_metadata"] == volume["volume_image_metadata"]


def test_lists(storage: Storage):
    volume = storage.create()
    first = storage.snapshot(volume["id"], name="a", metadata={"tier": "gold"})
    storage.snapshot(volume["id"], name="b")
    newest = storage.newest

    def names(**query: str) -> list[str]:
        answer = newest.get("/snapshots", params={"sort": "name:asc", **query})
        assert answer.status_code == 200, answer.text
        return [one["name"] for one in answer.json()["snapshots"]]

    assert names() == ["a", "b"]
    assert names(volume_id=volume["id"]) == ["a", "b"]
    assert names(volume_id=NOBODY) == []
    assert names(name="b") == ["b"]
    assert names(metadata="{'tier': 'gold'}") == ["a"]
    assert names(status="error") == []
    page = newest.get("/snapshots", params={"limit": 1, "sort": "name:asc", "with_count": "true"}).json()
    assert page["count"] == 2
    assert f"marker={first['id']}" in page["snapshots_links"][0]["href"]
    assert newest.get("/snapshots", params={"colour": "red"}).status_code == 400


@pytest.mark.parametrize(
    ("snapshot", "status"),
    [
        ({}, 400),
        ({"volume_id": "x"}, 400),
        ({"volume_id": NOBODY}, 404),
        ({"volume_id": NOBODY, "colour": "red"}, 400),
        ({"volume_id": NOBODY, "name": "x" * 256}, 400),
        ({"volume_id": NOBODY, "force": "perhaps"}, 400),
    ],
    ids=str,
)
def test_bad_snapshots(standing: Storage, snapshot: Json, status: int):
    assert standing.api.post("/snapshots", json={"snapshot": snapshot}).status_code == status
    assert not standing.project.objects("/apis/snapshot.storage.k8s.io/v1/volumesnapshots")


def test_force_is_over_since_3_66(storage: Storage):
    volume_id = storage.create()["id"]
    refused = storage.newest.post("/snapshots", json={"snapshot": {"volume_id": volume_id, "force": False}})
    assert refused.status_code == 400
    assert "Since microversion 3.66" in refused.json()["badRequest"]["message"]
    ignored = storage.newest.post("/snapshots", json={"snapshot": {"volume_id": volume_id, "force": True}})
    assert ignored.status_code == 202


def test_nothing_to_take_a_snapshot_of(storage: Storage):
    volume = storage.create(volume_type="local")
    refused = storage.api.post("/snapshots", json={"snapshot": {"volume_id": volume["id"]}})
    assert refused.status_code == 400


def test_a_snapshot_made_with_kubectl(storage: Storage, kube: Callable[..., Json]):
    volume = storage.create(name="data")
    claim = storage.claims()[0]["metadata"]["name"]
    made = kube(
        "/apis/snapshot.storage.k8s.io/v1/volumesnapshots",
        {
            "apiVersion": "snapshot.storage.k8s.io/v1",
            "kind": "VolumeSnapshot",
            "metadata": {"name": "by-hand"},
            "spec": {"source": {"persistentVolumeClaimName": claim}},
        },
    )
    path = f"/snapshots/{made['metadata']['uid']}"
    wait_for(lambda: storage.newest.get(path).status_code == 200, "the snapshot to be seen")
    shown = storage.await_it(path, "snapshot", "available")
    assert (shown["name"], shown["volume_id"], shown["size"]) == ("by-hand", volume["id"], 1)


def test_a_snapshot_outlives_its_volume_in_kubernetes(storage: Storage):
    volume = storage.create(size=2)
    snapshot = storage.snapshot(volume["id"])
    plan = storage.plans()[0]["metadata"]
    gone = storage.project.cloud.kube.delete(
        f"/apis/cdi.kubevirt.io/v1beta1/namespaces/{plan['namespace']}/datavolumes/{plan['name']}"
    )
    assert gone.status_code == 200
    storage.gone(f"/volumes/{volume['id']}")
    left = storage.newest.get(f"/snapshots/{snapshot['id']}").json()["snapshot"]
    assert (left["volume_id"], left["size"], left["status"]) == (volume["id"], 2, "available")
