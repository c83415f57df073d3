"""Images and backups of servers over HTTP: taken, booted from, rotated, deleted, at each version's shape."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.cloud import Project, wait_for
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]

BOOT_VOLUME = {
    "boot_index": 0,
    "source_type": "image",
    "destination_type": "volume",
    "volume_size": 1,
    "delete_on_termination": True,
}


def active(project: Project, image_id: str) -> Json:
    def there() -> Json | None:
        image = project.image.get(f"/images/{image_id}").json()
        return image if image["status"] == "active" else None

    return wait_for(there, f"image {image_id} to be active")


def snapshots(project: Project) -> list[Json]:
    return project.objects("/apis/snapshot.storage.k8s.io/v1/volumesnapshots")


def test_an_image_of_a_server_is_booted_from_and_deleted(project: Project, servers: Servers):
    server = servers.make()
    asked = {"createImage": {"name": "twin", "metadata": {"purpose": "copy"}}}
    answer = servers.act(server["id"], asked)
    assert answer.status_code == 202
    image = active(project, answer.json()["image_id"])
    assert (image["name"], image["visibility"], image["disk_format"]) == ("twin", "private", "raw")
    told = {"image_type": "snapshot", "instance_uuid": server["id"], "purpose": "copy", "base_image_ref": servers.image}
    assert told.items() <= image.items()
    assert image["size"] > 0
    assert project.volume.get("/snapshots").json()["snapshots"] == []
    twin = servers.make(imageRef=image["id"])
    assert twin["image"]["id"] == image["id"]
    assert project.image.delete(f"/images/{image['id']}").status_code == 204
    wait_for(lambda: not snapshots(project), "the snapshot to go with its image")


def test_a_server_of_which_an_image_is_taken_says_so(project: Project, servers: Servers):
    server = servers.make()
    image_id = servers.act(server["id"], {"createImage": {"name": "twin"}}).json()["image_id"]
    assert servers.show(server["id"])["OS-EXT-STS:task_state"] in {"image_snapshot", None}
    active(project, image_id)
    assert servers.until(server["id"], "ACTIVE")["OS-EXT-STS:task_state"] is None


@pytest.mark.parametrize(("version", "in_body"), [("2.44", False), ("2.45", True)])
def test_where_the_id_of_an_image_is_told(project: Project, servers: Servers, version: str, in_body: bool):
    server = servers.make()
    for asked in (
        {"createImage": {"name": "twin"}},
        {"createBackup": {"name": "daily", "backup_type": "daily", "rotation": 1}},
    ):
        answer = servers.act(server["id"], asked, version)
        assert answer.status_code == 202
        assert ("location" not in answer.headers) is in_body
        image_id = answer.json()["image_id"] if in_body else answer.headers["location"].rpartition("/")[2]
        active(project, image_id)


@pytest.mark.parametrize(("version", "status"), [("2.38", 403), ("2.39", 202)])
def test_whether_the_metadata_of_an_image_are_counted(servers: Servers, version: str, status: int):
    server = servers.make()
    many = {f"key{number}": "value" for number in range(129)}
    assert servers.act(server["id"], {"createImage": {"name": "twin", "metadata": many}}, version).status_code == status


def test_the_oldest_backups_are_rotated_out(project: Project, servers: Servers):
    server = servers.make()

    def backup(kind: str, rotation: int) -> str:
        asked = {"createBackup": {"name": kind, "backup_type": kind, "rotation": rotation}}
        answer = servers.act(server["id"], asked)
        assert answer.status_code == 202, answer.text
        return active(project, answer.json()["image_id"])["id"]

    kept, _ = backup("weekly", 1), backup("daily", 2)
    backup("daily", 2)
    last = backup("daily", 1)
    left = [one for one in project.image.get("/images").json()["images"] if one.get("image_type") == "backup"]
    assert {one["id"] for one in left} == {kept, last}
    done = servers.act(server["id"], {"createBackup": {"name": "x", "backup_type": "daily", "rotation": 0}}, "2.44")
    assert (done.status_code, "location" in done.headers) == (202, False)
    left = [one for one in project.image.get("/images").json()["images"] if one.get("image_type") == "backup"]
    assert {one["id"] for one in left} == {kept}


def test_an_image_of_a_volume_backed_server(project: Project, servers: Servers):
    server = servers.make(imageRef=..., block_device_mapping_v2=[{**BOOT_VOLUME, "uuid": servers.image}])
    answer = servers.act(server["id"], {"createImage": {"name": "twin"}})
    assert answer.status_code == 202, answer.text
    image = active(project, answer.json()["image_id"])
    (mapping,) = msgspec.json.decode(image["block_device_mapping"])
    (snapshot,) = project.volume.get("/snapshots").json()["snapshots"]
    assert (mapping["snapshot_id"], mapping["boot_index"], image["size"]) == (snapshot["id"], 0, 0)
    assert snapshot["name"] == "snapshot for twin"
    twin = servers.make(imageRef=image["id"])
    (volume,) = twin["os-extended-volumes:volumes_attached"]
    assert project.volume.get(f"/volumes/{volume['id']}").json()["volume"]["snapshot_id"] == snapshot["id"]
    backup = servers.act(server["id"], {"createBackup": {"name": "x", "backup_type": "daily", "rotation": 1}})
    assert (backup.status_code, message(backup)) == (
        400,
        "The request is invalid: Backup is not supported for volume-backed instances.",
    )


def test_no_image_of_a_server_in_the_wrong_state(project: Project, servers: Servers):
    server = servers.make()
    servers.act(server["id"], {"shelve": None})
    servers.until(server["id"], "SHELVED_OFFLOADED")
    refused = servers.act(server["id"], {"createImage": {"name": "twin"}})
    words = f"Cannot 'createImage' instance {server['id']} while it is in vm_state shelved_offloaded"
    assert (refused.status_code, message(refused)) == (409, words)
    assert snapshots(project) == []
