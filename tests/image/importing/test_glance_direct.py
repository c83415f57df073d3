"""Data that is staged first and becomes an image's by `glance-direct`."""

from tests.image.exchanges import OCTETS, create, left, message, show, upload
from tests.image.file.test_header import qcow2

DIRECT = {"method": {"name": "glance-direct"}}


def stage(project, image_id, data):
    return project.image.put(f"/images/{image_id}/stage", content=data, headers=OCTETS)


def take(project, image_id):
    return project.image.post(f"/images/{image_id}/import", json=DIRECT)


def test_staged_data_becomes_the_images_when_it_is_imported(project):
    image = create(project)
    assert stage(project, image["id"], b"x" * 4096).status_code == 204
    assert show(project, image["id"])["status"] == "uploading"
    assert project.image.get(f"/images/{image['id']}/file").status_code == 204
    assert upload(project, image["id"], b"y").status_code == 409
    assert stage(project, image["id"], b"y").status_code == 409
    assert take(project, image["id"]).status_code == 202
    shown = show(project, image["id"])
    assert (shown["status"], shown["size"]) == ("active", 4096)
    assert project.image.get(f"/images/{image['id']}/file").content == b"x" * 4096


def test_staged_data_must_be_what_the_image_is_said_to_be(project):
    image = create(project, disk_format="vmdk")
    assert stage(project, image["id"], qcow2(size=1024**2)).status_code == 204
    refused = take(project, image["id"])
    assert refused.status_code == 415
    assert "does not match stream data qcow2" in message(refused)
    assert show(project, image["id"])["status"] == "uploading"


def test_formats_must_be_told_before_an_import(project):
    image = create(project, disk_format=None, container_format=None)
    assert stage(project, image["id"], b"x").status_code == 204
    assert take(project, image["id"]).status_code == 409


def test_nothing_is_imported_that_was_not_staged(project):
    image = create(project)
    refused = take(project, image["id"])
    assert refused.status_code == 409
    assert "needs to be in 'uploading' state to use 'glance-direct'" in message(refused)


def test_unsafe_data_is_refused_when_it_is_staged_and_leaves_nothing(project):
    image = create(project)
    refused = stage(project, image["id"], b"\x1f\x8b" + bytes(100))
    assert refused.status_code == 415
    assert project.image.put(f"/images/{image['id']}/stage", json={}).status_code == 415
    assert show(project, image["id"])["status"] == "queued"
    assert left(project) == {"datasources": 1}


def test_an_upload_after_a_staging_that_failed_is_no_staging(project):
    image = create(project)
    headers = {**OCTETS, "X-OpenStack-Image-Size": "100"}
    cut = project.image.put(f"/images/{image['id']}/stage", content=iter([bytes(1024) * 2048]), headers=headers)
    assert cut.status_code == 400
    assert show(project, image["id"])["status"] == "queued"
    assert upload(project, image["id"], b"x").status_code == 204
    assert show(project, image["id"])["status"] == "active"
