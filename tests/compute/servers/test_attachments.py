"""A server's volumes over the wire."""

from __future__ import annotations

import pytest

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def server_id(servers):
    return servers.make()["id"]


def attach(servers, server_id, volume_id, version="2.100", **more):
    body = {"volumeAttachment": {"volumeId": volume_id, **more}}
    return servers.project.compute_at(version).post(f"/servers/{server_id}/os-volume_attachments", json=body)


def test_attach_and_detach(servers, server_id):
    volume_id = servers.volume()
    answer = attach(servers, server_id, volume_id, "2.1")
    assert answer.status_code == 200
    told = answer.json()["volumeAttachment"]
    assert set(told) == {"id", "serverId", "volumeId", "device"}
    path = f"/servers/{server_id}/os-volume_attachments"
    assert servers.project.compute.get(f"{path}/{volume_id}").json()["volumeAttachment"]["volumeId"] == volume_id
    servers.volume_until(volume_id, "in-use")
    assert servers.project.compute.delete(f"{path}/{volume_id}").status_code == 202
    servers.volume_until(volume_id, "available")
    assert servers.project.compute.get(path).json() == {"volumeAttachments": []}


def test_a_stopped_server_too(servers, server_id):
    volume_id = servers.volume()
    servers.act(server_id, {"os-stop": None})
    servers.until(server_id, "SHUTOFF")
    assert attach(servers, server_id, volume_id).status_code == 200
    servers.volume_until(volume_id, "in-use")
    path = f"/servers/{server_id}/os-volume_attachments/{volume_id}"
    assert servers.project.compute.delete(path).status_code == 202
    servers.volume_until(volume_id, "available")


def test_from_2_101_there_is_no_body(servers, server_id):
    answer = attach(servers, server_id, servers.volume(), "2.101")
    assert (answer.status_code, answer.content) == (202, b"")


def test_twice_is_refused(servers, server_id, refused):
    volume_id = servers.volume()
    attach(servers, server_id, volume_id)
    message = refused(attach(servers, server_id, volume_id), 400, "badRequest")
    assert message == f"Invalid volume: volume {volume_id} is already attached to instances: {server_id}"
    other = servers.make()["id"]
    assert "Invalid volume" in refused(attach(servers, other, volume_id), 400, "badRequest")


def test_what_is_not_there(servers, server_id, refused):
    assert refused(attach(servers, server_id, NOBODY), 404, "itemNotFound") == f"Volume {NOBODY} could not be found."
    path = f"/servers/{server_id}/os-volume_attachments/{NOBODY}"
    refused(servers.project.compute.get(path), 404, "itemNotFound")
    volume_id = servers.volume()
    path = f"/servers/{server_id}/os-volume_attachments/{volume_id}"
    message = refused(servers.project.compute.delete(path), 404, "itemNotFound")
    assert message == f"Instance {server_id} is not attached to volume {volume_id}"


def test_a_volume_of_another_project(servers, server_id, other_project, refused):
    made = other_project.volume.post("/volumes", json={"volume": {"size": 1}}).json()["volume"]["id"]
    refused(attach(servers, server_id, made), 404, "itemNotFound")


def test_it_can_die_with_the_server(servers, server_id):
    volume_id = servers.volume()
    assert attach(servers, server_id, volume_id, delete_on_termination=True).json()["volumeAttachment"][
        "delete_on_termination"
    ]
    path = f"/servers/{server_id}/os-volume_attachments/{volume_id}"
    compute = servers.project.compute_at("2.104")
    assert compute.get(path).json()["volumeAttachment"]["delete_on_termination"]
    change = {"volumeAttachment": {"volumeId": volume_id, "delete_on_termination": False}}
    assert compute.put(path, json=change).status_code == 202
    assert not compute.get(path).json()["volumeAttachment"]["delete_on_termination"]
    servers.delete(server_id)
    servers.volume_until(volume_id, "available")


def test_swapping_is_for_cinder_alone(servers, server_id, refused):
    volume_id, other = servers.volume(), servers.volume()
    attach(servers, server_id, volume_id)
    path = f"/servers/{server_id}/os-volume_attachments/{volume_id}"
    answer = servers.project.compute.put(path, json={"volumeAttachment": {"volumeId": other}})
    assert "only be called by Cinder" in refused(answer, 409, "conflictingRequest")


def test_the_disk_to_boot_from_stays(servers, refused):
    mapping = [
        {
            "boot_index": 0,
            "source_type": "image",
            "destination_type": "volume",
            "uuid": servers.image,
            "volume_size": 1,
        }
    ]
    server = servers.make(imageRef="", block_device_mapping_v2=mapping)
    (attached,) = server["os-extended-volumes:volumes_attached"]
    path = f"/servers/{server['id']}/os-volume_attachments/{attached['id']}"
    message = refused(servers.project.compute.delete(path), 400, "badRequest")
    assert message == "Cannot detach a root device volume"
