"""What `POST /volumes/{id}/action` does and refuses."""

from __future__ import annotations

import pytest

from dicot.volume.spelling import uploads
from dicot.volume.volumes.actions import ADMIN_ONLY, REFUSED
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.status import status
from tests.cloud import Cloud, wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import answer, assert_same


def test_extend(storage: Storage):
    volume_id = storage.create()["id"]
    grown = storage.act(volume_id, "os-extend", {"new_size": 3}, "3.0")
    assert (grown.status_code, grown.content) == (202, b"")
    assert storage.until(volume_id, "available")["size"] == 3
    assert_same("036-volume-extend-400", storage.act(volume_id, "os-extend", {"new_size": 1}, "3.0"))


@pytest.mark.parametrize("body", [{}, {"new_size": 0}, {"new_size": "x"}, {"new_size": 2, "x": 1}, None])
def test_bad_extensions(storage: Storage, body: dict | None):
    volume_id = storage.create()["id"]
    assert storage.act(volume_id, "os-extend", body).status_code == 400
    assert storage.show(volume_id)["size"] == 1


def test_storage_that_waits_for_its_first_server_cannot_grow_yet(storage: Storage):
    volume = storage.create(volume_type="local")
    refused = storage.act(volume["id"], "os-extend", {"new_size": 3})
    assert refused.status_code == 400


def test_bootable_and_readonly(storage: Storage):
    volume_id = storage.create()["id"]
    bootable = storage.act(volume_id, "os-set_bootable", {"bootable": True})
    assert (bootable.status_code, bootable.content) == (200, b"")
    assert storage.show(volume_id)["bootable"] == "true"
    assert storage.act(volume_id, "os-update_readonly_flag", {"readonly": "true"}).status_code == 202
    assert storage.show(volume_id)["metadata"] == {"readonly": "True"}
    assert storage.act(volume_id, "os-set_bootable", {"bootable": "False"}).status_code == 200
    assert storage.show(volume_id)["bootable"] == "false"
    assert storage.act(volume_id, "os-set_bootable", {"bootable": "maybe"}).status_code == 400


def test_image_metadata(storage: Storage):
    volume_id = storage.create()["id"]
    assert "volume_image_metadata" not in storage.show(volume_id)
    told = storage.act(volume_id, "os-set_image_metadata", {"metadata": {"os_distro": "debian"}})
    assert told.json() == {"metadata": {"os_distro": "debian"}}
    assert storage.act(volume_id, "os-show_image_metadata").json() == told.json()
    assert storage.show(volume_id)["volume_image_metadata"] == {"os_distro": "debian"}
    assert storage.act(volume_id, "os-unset_image_metadata", {"key": "os_distro"}).status_code == 200
    assert storage.act(volume_id, "os-unset_image_metadata", {"key": "os_distro"}).status_code == 404


def test_retype(storage: Storage):
    volume_id = storage.create(volume_type="fast")["id"]
    assert storage.act(volume_id, "os-retype", {"new_type": "fast"}).status_code == 202
    refused = storage.act(volume_id, "os-retype", {"new_type": "local"})
    assert refused.status_code == 501
    assert "os-retype" in refused.text
    assert storage.act(volume_id, "os-retype", {"new_type": "nosuch"}).status_code == 400


def test_unknown_actions(storage: Storage):
    volume_id = storage.create()["id"]
    unknown = storage.act(volume_id, "os-fly", {})
    assert unknown.status_code == 400
    assert unknown.json()["badRequest"]["message"] == "There is no such action: os-fly"


@pytest.mark.parametrize("key", sorted(REFUSED))
def test_refused_by_name(storage_of_one: Storage, cloud: Cloud, key: str):
    (volume,) = storage_of_one.newest.get("/volumes").json()["volumes"]
    refused = storage_of_one.act(volume["id"], key, {})
    if key in ADMIN_ONLY:
        assert refused.status_code == 403
        path = f"/volumes/{volume['id']}/action"
        refused = cloud.admin.volume_at("3.71").post(path, json={key: {}})
    assert refused.status_code == 501
    (fault,) = refused.json().values()
    assert key in fault["message"]


@pytest.fixture(scope="module")
def storage_of_one(cloud: Cloud):
    project = cloud.new_project("one-volume")
    storage = Storage(project)
    storage.create()
    yield storage
    project.remove()


def test_resetting_the_status(storage: Storage, cloud: Cloud):
    volume_id = storage.create()["id"]
    path, api = f"/volumes/{volume_id}/action", cloud.admin.volume
    assert storage.act(volume_id, "os-reset_status", {"status": "available"}).status_code == 403
    assert api.post(path, json={"os-reset_status": {"status": "available"}}).status_code == 202
    refused = api.post(path, json={"os-reset_status": {"status": "error"}})
    assert refused.status_code == 403
    assert api.post(path, json={"os-reset_status": {}}).status_code == 400


def test_force_delete(storage: Storage, cloud: Cloud):
    volume_id = storage.create()["id"]
    assert storage.act(volume_id, "os-force_delete", {}).status_code == 403
    assert cloud.admin.volume.post(f"/volumes/{volume_id}/action", json={"os-force_delete": {}}).status_code == 202
    storage.gone(f"/volumes/{volume_id}")


def test_forced_deletion_is_for_administrators(storage: Storage):
    volume_id = storage.create()["id"]
    assert storage.newest.delete(f"/volumes/{volume_id}", params={"force": "true"}).status_code == 403


def test_a_volume_with_snapshots_is_kept_unless_they_go_too(storage: Storage):
    volume_id = storage.create()["id"]
    snapshot_id = storage.snapshot(volume_id)["id"]
    kept = storage.api.delete(f"/volumes/{volume_id}")
    assert (kept.status_code, kept.json()) == (400, answer("034-volume-delete-hassnap-400")["body"])
    assert storage.api.delete(f"/volumes/{volume_id}", params={"cascade": "true"}).status_code == 202
    storage.gone(f"/volumes/{volume_id}")
    storage.gone(f"/snapshots/{snapshot_id}")
    assert storage.api.get("/snapshots").json() == {"snapshots": []}


def upload(storage: Storage, volume_id: str, version: str = "3.71", **fields: object):
    return storage.act(volume_id, "os-volume_upload_image", {"image_name": "made", **fields}, version)


def image_of(storage: Storage, image_id: str):
    def active():
        found = storage.project.image.get(f"/images/{image_id}").json()
        return found if found["status"] == "active" else None

    return wait_for(active, "the image to be active")


def test_an_image_is_made_of_a_volume(storage: Storage):
    volume = storage.create(description="mine")
    storage.act(volume["id"], "os-set_image_metadata", {"metadata": {"os_distro": "debian", "image_name": "old"}})
    answer = upload(storage, volume["id"], protected=False)
    assert answer.status_code == 202, answer.text
    told = answer.json()["os-volume_upload_image"]
    assert (told["id"], told["status"], told["size"]) == (volume["id"], "uploading", 1)
    assert (told["display_description"], told["image_name"], told["visibility"]) == ("mine", "made", "private")
    made = image_of(storage, told["image_id"])
    assert (made["name"], made["disk_format"], made["size"], made["os_distro"]) == ("made", "raw", 1024**3, "debian")
    assert "image_name" not in made
    assert storage.until(volume["id"], "available")
    assert [one["id"] for one in storage.newest.get("/volumes").json()["volumes"]] == [volume["id"]]
    copy = storage.create(imageRef=told["image_id"])
    assert copy["volume_image_metadata"]["image_id"] == told["image_id"]


def test_a_volume_is_uploading_while_its_claim_is_cloned(storage: Storage):
    volume = storage.create()
    claim = storage.claims()[0]["metadata"]
    meta = {"name": "clone", "labels": {"dicot.io/image-id": volume["id"]}}
    source = {"pvc": {"namespace": claim["namespace"], "name": claim["name"]}}
    plan = {"metadata": meta, "spec": {"source": source}, "status": {"phase": "CloneInProgress"}}
    found = Volume(volume["id"], storage.claims()[0], None, None, (), (), 1, (plan,))
    assert status(found) == "uploading"
    assert list(uploads({**plan, "metadata": {**meta, "namespace": "x"}})) == [f"{claim['namespace']}/{claim['name']}"]


def test_images_are_made_of_free_volumes_only_and_by_who_may(storage: Storage):
    late = storage.create(volume_type="local")
    assert upload(storage, late["id"]).status_code == 400
    volume = storage.create()
    refused = upload(storage, volume["id"], visibility="public")
    assert refused.status_code == 403
    assert "upload_public" in refused.text
    assert upload(storage, volume["id"], disk_format="iso").status_code == 400
    assert upload(storage, volume["id"], container_format="no such").status_code == 400
    assert storage.project.image.get("/images?visibility=private").json()["images"] == []


def test_visibility_came_with_3_1(storage: Storage):
    volume_id = storage.create()["id"]
    assert upload(storage, volume_id, "3.0", visibility="private").status_code == 400
    told = upload(storage, volume_id, "3.0", disk_format="qcow2").json()["os-volume_upload_image"]
    assert told["visibility"] == "shared"
    made = image_of(storage, told["image_id"])
    assert made["disk_format"] == "qcow2"
    assert storage.project.image.get(f"/images/{made['id']}/file").status_code == 403


def test_a_lost_id_is_not_the_list(storage: Storage):
    assert storage.newest.get("/volumes/").status_code == 404
    assert storage.newest.get("/volumes").status_code == 200
