"""Uploading and downloading over HTTP: streams, hashes, refusals, and that failures leave nothing."""

import hashlib
import os

import httpx2
import pytest

from tests.cloud import wait_for
from tests.image.exchanges import CDI, OCTETS, create, left, message, patch, recorded, show, upload
from tests.image.file.test_header import qcow2, vmdk

MIB = 1024**2


def test_an_upload_makes_an_image_active(project):
    data = os.urandom(3 * MIB + 5)
    image = create(project)
    assert upload(project, image["id"], data).status_code == 204
    shown = show(project, image["id"])
    assert shown["status"] == "active"
    assert (shown["size"], shown["virtual_size"]) == (len(data), len(data))
    assert shown["checksum"] == hashlib.md5(data).hexdigest()
    assert (shown["os_hash_algo"], shown["os_hash_value"]) == ("sha512", hashlib.sha512(data).hexdigest())
    (volume,) = project.objects(f"{CDI}/datavolumes")
    (source,) = project.objects(f"{CDI}/datasources")
    assert volume["metadata"]["name"] == source["metadata"]["name"]
    assert volume["spec"] == {"source": {"upload": {}}, "storage": {"resources": {"requests": {"storage": "4Mi"}}}}


def test_what_came_as_raw_goes_back_as_it_was(project):
    data = os.urandom(2 * MIB + 1)
    image = create(project)
    path = f"/images/{image['id']}/file"
    nothing = project.image.get(path)
    assert (nothing.status_code, nothing.content) == (204, b"")
    upload(project, image["id"], data)
    answer = project.image.get(path)
    assert answer.status_code == 200
    assert answer.content == data
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-MD5"] == hashlib.md5(data).hexdigest()
    assert answer.headers["Content-Length"] == str(len(data))
    wait_for(
        lambda: set(left(project)) == {"datasources", "datavolumes", "persistentvolumeclaims"}, "no export to stay"
    )


def test_ranges(project):
    data = os.urandom(4096)
    image = create(project)
    upload(project, image["id"], data)
    path = f"/images/{image['id']}/file"
    for asked, start, stop in (("bytes=0-9", 0, 10), ("bytes=4000-", 4000, 4096), ("bytes=-6", 4090, 4096)):
        answer = project.image.get(path, headers={"Range": asked})
        assert answer.status_code == 206
        assert answer.content == data[start:stop]
        assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/4096"
    assert project.image.get(path, headers={"Range": "bytes=4096-"}).status_code == 416
    assert project.image.get(path, headers={"Range": "bytes=0-1,3-4"}).status_code == 416


def test_a_chunked_upload_needs_no_length(project):
    image = create(project, min_disk=1)
    blocks = [os.urandom(MIB) for _ in range(3)]
    assert upload(project, image["id"], iter(blocks)).status_code == 204
    assert show(project, image["id"])["checksum"] == hashlib.md5(b"".join(blocks)).hexdigest()
    (volume,) = project.objects(f"{CDI}/datavolumes")
    assert volume["spec"]["storage"]["resources"]["requests"]["storage"] == "1Gi"


def test_the_size_of_a_small_chunked_upload_is_seen(project):
    image = create(project)
    assert upload(project, image["id"], iter([b"a" * 1000, b"b" * 1000])).status_code == 204
    (volume,) = project.objects(f"{CDI}/datavolumes")
    assert volume["spec"]["storage"]["resources"]["requests"]["storage"] == "1Mi"


def test_no_data_is_an_empty_disk(project):
    image = create(project)
    headers = {**OCTETS, "X-OpenStack-Image-Size": "100"}
    assert project.image.put(f"/images/{image['id']}/file", content=b"", headers=headers).status_code == 400
    assert left(project) == {"datasources": 1}
    assert upload(project, image["id"], b"").status_code == 204
    shown = show(project, image["id"])
    assert (shown["status"], shown["size"], shown["checksum"]) == ("active", 0, hashlib.md5(b"").hexdigest())
    assert project.image.get(f"/images/{image['id']}/file").content == b""


def test_an_image_is_filled_once(project):
    image = create(project)
    upload(project, image["id"], b"x" * 4096)
    refused = upload(project, image["id"], b"x" * 16)
    golden = recorded("019-image-upload-again-409")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])


def test_only_octets_are_data(project):
    image = create(project)
    refused = project.image.put(f"/images/{image['id']}/file", json={})
    golden = recorded("020-image-upload-badtype-415")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])


def test_formats_must_be_told_first(project):
    image = create(project, disk_format=None, container_format=None)
    refused = upload(project, image["id"], b"x")
    assert refused.status_code == 400
    assert message(refused).startswith("Properties disk_format, container_format must be set prior to saving data.")


@pytest.mark.parametrize(
    ("disk_format", "data", "sentence"),
    [
        ("qcow2", vmdk(), "Image disk_format qcow2 does not match stream data vmdk"),
        ("qcow2", qcow2(backing=512), "backing file"),
        ("raw", qcow2(backing=512), "backing file"),
        ("qcow2", qcow2(features=4), "data file"),
        ("vmdk", vmdk(extents='RW 1 FLAT "/etc/passwd" 0'), "other files"),
        ("raw", b"\x1f\x8b" + bytes(100), "compressed"),
    ],
)
def test_unsafe_and_wrong_data_is_refused_before_anything_is_made(project, disk_format, data, sentence):
    image = create(project, disk_format=disk_format)
    refused = upload(project, image["id"], data)
    assert refused.status_code == 415
    assert sentence in message(refused)
    assert show(project, image["id"])["status"] == "queued"
    assert left(project) == {"datasources": 1}


def test_bytes_of_no_known_format_are_kept_as_they_are_whatever_they_are_called(project):
    image = create(project, disk_format="vhd")
    assert upload(project, image["id"], b"no disk at all").status_code == 204
    shown = show(project, image["id"])
    assert (shown["status"], shown["disk_format"], shown["size"]) == ("active", "vhd", 14)
    assert project.image.get(f"/images/{image['id']}/file").content == b"no disk at all"


def test_a_failed_upload_leaves_nothing_and_can_be_repeated(project):
    image = create(project)
    headers = {**OCTETS, "X-OpenStack-Image-Size": "100"}
    refused = project.image.put(f"/images/{image['id']}/file", content=iter([bytes(1024) * 2048]), headers=headers)
    assert refused.status_code == 400, refused.text
    assert "The image was to be of 100 bytes" in message(refused)
    shown = show(project, image["id"])
    assert (shown["status"], shown["size"], shown["checksum"]) == ("queued", None, None)
    assert left(project) == {"datasources": 1}
    assert upload(project, image["id"], b"x" * 4096).status_code == 204
    assert show(project, image["id"])["status"] == "active"


def test_data_that_the_cluster_cannot_read_is_refused_and_leaves_nothing(project):
    image = create(project, disk_format="qcow2")
    whole = qcow2(size=MIB)
    encrypted = whole[:32] + (1).to_bytes(4, "big") + whole[36:]
    refused = upload(project, image["id"], encrypted)
    assert refused.status_code == 400, refused.text
    assert "could not be stored" in message(refused)
    assert show(project, image["id"])["status"] == "queued"
    assert left(project) == {"datasources": 1}


def test_a_client_that_goes_away_leaves_nothing(project):
    image = create(project)

    def broken():
        yield bytes(2 * MIB)
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError, match="gone"):
        upload(project, image["id"], broken())
    wait_for(lambda: left(project) == {"datasources": 1}, "the half image to be removed")
    wait_for(lambda: show(project, image["id"])["status"] == "queued", "the image to be queued again")


def test_a_disk_larger_than_allowed_is_refused(project):
    image = create(project, disk_format="qcow2")
    refused = upload(project, image["id"], qcow2(size=3 * 1024**4))
    assert refused.status_code == 413
    assert left(project) == {"datasources": 1}


def test_deactivated_data_is_closed_to_users(project, cloud):
    image = create(project)
    data = os.urandom(4096)
    path = f"/images/{image['id']}"
    refused = project.image.post(f"{path}/actions/deactivate")
    assert refused.status_code == 400
    assert "Image status transition from queued to deactivated is not allowed" in message(refused)
    upload(project, image["id"], data)
    for _ in range(2):
        assert project.image.post(f"{path}/actions/deactivate").status_code == 204
    assert show(project, image["id"])["status"] == "deactivated"
    refused, golden = project.image.get(f"{path}/file"), recorded("034-image-download-deactivated-403")
    assert (refused.status_code, refused.json()) == (golden["status"], golden["body"])
    assert cloud.admin.image.get(f"{path}/file").content == data
    assert project.image.post(f"{path}/actions/reactivate").status_code == 204
    assert project.image.get(f"{path}/file").content == data


def test_a_download_that_is_broken_off_ends_its_export(project):
    image = create(project)
    upload(project, image["id"], bytes(64 * MIB))  # more than the sockets between can hold
    with project.image.stream("GET", f"/images/{image['id']}/file") as answer:
        assert answer.status_code == 200
        chunks = answer.iter_bytes(1024)
        next(chunks)
        assert "virtualmachineexports" in left(project)
    wait_for(lambda: "virtualmachineexports" not in left(project), "the export to end")


def test_another_project_downloads_a_community_image(project, other_project):
    image = create(project, visibility="community")
    data = os.urandom(5000)
    upload(project, image["id"], data)
    assert other_project.image.get(f"/images/{image['id']}/file").content == data
    refused = upload(other_project, image["id"], data)
    assert refused.status_code == 403


def test_an_image_that_kubectl_made_can_be_downloaded(project):
    (image,) = project.image.get("/images", params={"name": "tiny"}).json()["images"]
    answer = project.image.get(f"/images/{image['id']}/file")
    assert answer.status_code == 200
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 0


def test_an_image_that_is_being_deleted_refuses_its_data(project):
    image = create(project)
    started: list[httpx2.Response] = []

    def data():
        yield bytes(2 * MIB)
        wait_for(lambda: project.objects(f"{CDI}/datavolumes"), "the upload to begin")
        started.append(project.image.delete(f"/images/{image['id']}"))
        yield bytes(MIB)

    answer = upload(project, image["id"], data())
    assert started[0].status_code == 204
    assert answer.status_code >= 400
    wait_for(lambda: left(project) == {}, "nothing to be left")


def test_formats_change_only_before_there_is_data(project):
    image = create(project)
    upload(project, image["id"], b"x" * 4096)
    refused = patch(project, image["id"], {"op": "replace", "path": "/disk_format", "value": "iso"})
    assert refused.status_code == 403
    assert "Attribute disk_format can be only replaced for a queued image." in message(refused)
