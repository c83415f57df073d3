"""The password of a guest's administrator over HTTP: told once, kept in one Secret, gone with the server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from dicot.compute.servers import credentials
from tests.cloud import Cloud, Project, wait_for
from tests.clusters import Clusters
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]

NO_AGENT = {"devcluster.dicot.io/no-guest-agent": "true"}


def machine(project: Project, server_id: str) -> Json:
    return next(
        one
        for one in project.objects("/apis/kubevirt.io/v1/virtualmachines")
        if one["metadata"]["labels"]["dicot.io/server-id"] == server_id
    )


def passwords(project: Project) -> dict[str, dict[str, str]]:
    """Return what each Secret of passwords says, by its name."""
    return {
        one["metadata"]["name"]: {user: base64.b64decode(text).decode() for user, text in one["data"].items()}
        for one in project.objects("/api/v1/secrets")
        if one["metadata"]["name"].endswith("-pass")
    }


def named(project: Project, server_id: str) -> str:
    return credentials.secret_of(machine(project, server_id)["spec"]["template"]["spec"])


def connected(servers: Servers, **server: Any) -> str:
    """Make a server and wait for its agent."""
    server_id = servers.make(**server)["id"]

    def agent() -> bool:
        conditions = machine(servers.project, server_id)["status"].get("conditions") or ()
        return any(one["type"] == "AccessCredentialsSynchronized" and one["status"] == "True" for one in conditions)

    wait_for(agent, "the agent to be told")
    return server_id


def image_with(servers: Servers, **properties: str) -> str:
    """Make an image of the project with these properties."""
    body = {"name": "own", "disk_format": "raw", "container_format": "bare", **properties}
    made = servers.project.image.post("/images", json=body)
    assert made.status_code == 201, made.text
    path = f"/images/{made.json()['id']}"
    data = {"Content-Type": "application/octet-stream"}
    assert servers.project.image.put(f"{path}/file", content=bytes(1024), headers=data).status_code == 204
    wait_for(lambda: servers.project.image.get(path).json()["status"] == "active", "the image")
    return made.json()["id"]


def test_a_password_is_made_and_told_once(servers: Servers):
    answer = servers.ask()
    server, password = answer.json()["server"], answer.json()["server"]["adminPass"]
    assert len(password) == 12
    secret = named(servers.project, server["id"])
    assert passwords(servers.project) == {secret: {"root": password}}
    servers.until(server["id"], "ACTIVE")
    assert password not in str(servers.show(server["id"]))
    assert password not in str(machine(servers.project, server["id"]))
    servers.delete(server["id"])
    wait_for(lambda: not passwords(servers.project), "the Secret to go with the server")


def test_a_password_leaves_the_config_drive_whole(servers: Servers):
    server = servers.make()
    volumes = machine(servers.project, server["id"])["spec"]["template"]["spec"]["volumes"]
    assert [one["downwardAPI"]["volumeLabel"] for one in volumes if "downwardAPI" in one] == ["config-2"]


def test_a_password_that_was_asked_for(servers: Servers):
    answer = servers.ask(adminPass="pa 55")
    assert answer.json()["server"]["adminPass"] == "pa 55"
    assert list(passwords(servers.project).values()) == [{"root": "pa 55"}]
    refused = servers.ask(adminPass="pa55 ")
    assert refused.status_code == 400
    assert message(refused).startswith("adminPass: ")
    assert "pa55" not in refused.text


def test_servers_of_one_request_have_one_password(servers: Servers):
    answer = servers.ask(min_count=2, max_count=2)
    password = answer.json()["server"]["adminPass"]
    assert list(passwords(servers.project).values()) == [{"root": password}] * 2


@pytest.mark.parametrize("by_volume", [False, True])
def test_the_image_names_who_gets_it(servers: Servers, by_volume: bool):
    image = image_with(servers, os_admin_user="boss")
    source: Json = {"imageRef": image}
    if by_volume:
        volume_id = servers.volume(imageRef=image)
        mapping = {"boot_index": 0, "source_type": "volume", "destination_type": "volume", "uuid": volume_id}
        source = {"imageRef": ..., "block_device_mapping_v2": [mapping]}
    server_id = connected(servers, **source)
    (told,) = passwords(servers.project).values()
    assert list(told) == ["boss"]
    assert servers.act(server_id, {"changePassword": {"adminPass": "other"}}).status_code == 202
    assert passwords(servers.project) == {named(servers.project, server_id): {"boss": "other"}}


def test_an_image_without_an_agent(servers: Servers):
    image = image_with(servers, hw_qemu_guest_agent="no")
    answer = servers.ask(imageRef=image)
    assert "adminPass" not in answer.json()["server"]
    assert passwords(servers.project) == {}
    server_id = answer.json()["server"]["id"]
    servers.until(server_id, "ACTIVE")
    refused = servers.act(server_id, {"changePassword": {"adminPass": "other"}})
    assert (refused.status_code, message(refused)) == (409, "QEMU guest agent is not enabled")
    refused = servers.act(server_id, {"rescue": {"adminPass": "other"}})
    assert refused.status_code == 400
    assert "no guest agent" in message(refused)
    assert servers.act(server_id, {"rescue": None}).json() == {}


def test_an_administrator_who_can_be_no_key_is_refused_by_name(servers: Servers):
    refused = servers.ask(imageRef=image_with(servers, os_admin_user="EXAMPLE\\boss"))
    assert refused.status_code == 400
    assert "os_admin_user" in message(refused)
    assert "virtualmachines" not in servers.left()


def test_a_password_is_changed(servers: Servers):
    server_id = connected(servers)
    before = passwords(servers.project)
    answer = servers.act(server_id, {"changePassword": {"adminPass": "new pa55"}})
    assert (answer.status_code, answer.content) == (202, b"")
    after = passwords(servers.project)
    assert list(after) == list(before)
    assert list(after.values()) == [{"root": "new pa55"}]
    done = servers.project.compute.get(f"/servers/{server_id}/os-instance-actions").json()["instanceActions"]
    assert done[0]["action"] == "changePassword"


@pytest.mark.parametrize("password", ["", " pa55", "pa55\n"])
def test_a_password_that_the_agent_would_not_get_as_it_is(servers: Servers, password: str):
    server_id = connected(servers)
    refused = servers.act(server_id, {"changePassword": {"adminPass": password}})
    assert refused.status_code == 409
    assert message(refused).startswith(f"Failed to set admin password on {server_id} because ")
    assert password not in passwords(servers.project).values()


def test_a_server_that_does_not_run_or_has_no_agent(servers: Servers):
    stopped = servers.make()["id"]
    servers.act(stopped, {"os-stop": None})
    servers.until(stopped, "SHUTOFF")
    body = {"changePassword": {"adminPass": "other"}}
    refused = servers.act(stopped, body)
    assert message(refused) == f"Cannot 'changePassword' instance {stopped} while it is in vm_state stopped"
    meta = machine(servers.project, stopped)["metadata"]
    path = f"/apis/kubevirt.io/v1/namespaces/{meta['namespace']}/virtualmachines/{meta['name']}"
    patch = {"spec": {"template": {"metadata": {"annotations": NO_AGENT}}}}
    headers = {"Content-Type": "application/merge-patch+json"}
    servers.project.cloud.kube.patch(path, json=patch, headers=headers).raise_for_status()
    servers.act(stopped, {"os-start": None})
    servers.until(stopped, "ACTIVE")
    refused = servers.act(stopped, body)
    assert (refused.status_code, message(refused)) == (501, "Unable to set password on instance")


def test_a_machine_without_such_a_credential(servers: Servers):
    server_id = connected(servers)
    meta = machine(servers.project, server_id)["metadata"]
    path = f"/apis/kubevirt.io/v1/namespaces/{meta['namespace']}/virtualmachines/{meta['name']}"
    headers = {"Content-Type": "application/merge-patch+json"}
    patch = {"spec": {"template": {"spec": {"accessCredentials": None}}}}
    servers.project.cloud.kube.patch(path, json=patch, headers=headers).raise_for_status()
    body = {"changePassword": {"adminPass": "other"}}
    assert servers.act(server_id, body).status_code == 202, "the guest that runs still has it"
    servers.act(server_id, {"os-stop": None})
    servers.until(server_id, "SHUTOFF")
    servers.act(server_id, {"os-start": None})
    servers.until(server_id, "ACTIVE")

    def refused() -> bool:
        answer = servers.act(server_id, body)
        return (answer.status_code, message(answer)) == (409, "Set admin password is not supported")

    wait_for(refused, "the new guest to have none")


def test_a_secret_that_was_taken_away(servers: Servers):
    server_id = connected(servers)
    path = f"/api/v1/namespaces/{servers.project.namespace}/secrets/{named(servers.project, server_id)}"
    servers.project.cloud.kube.delete(path).raise_for_status()
    refused = servers.act(server_id, {"changePassword": {"adminPass": "other"}})
    assert refused.status_code == 409
    assert message(refused).endswith("is gone")


def test_a_rescue_has_a_password_of_its_own(servers: Servers):
    answer = servers.ask()
    server_id, own = answer.json()["server"]["id"], answer.json()["server"]["adminPass"]
    servers.until(server_id, "ACTIVE")
    first = named(servers.project, server_id)
    answer = servers.act(server_id, {"rescue": {"adminPass": "rescued"}})
    assert answer.json() == {"adminPass": "rescued"}
    second = named(servers.project, server_id)
    assert passwords(servers.project) == {first: {"root": own}, second: {"root": "rescued"}}
    servers.until(server_id, "RESCUE")
    assert servers.act(server_id, {"unrescue": None}).status_code == 202
    assert named(servers.project, server_id) == first
    wait_for(lambda: passwords(servers.project) == {first: {"root": own}}, "the rescue's password to be gone")
    servers.until(server_id, "ACTIVE")
    again = servers.act(server_id, {"rescue": None}).json()["adminPass"]
    assert len(again) == 12
    assert again != own


def test_a_refused_rescue_leaves_no_password(servers: Servers):
    server_id = servers.make()["id"]
    before = passwords(servers.project)
    refused = servers.act(server_id, {"rescue": {"rescue_image_ref": server_id}})
    assert refused.status_code == 400
    assert passwords(servers.project) == before


@pytest.fixture
def silent(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project of a cloud whose servers get no password of their own."""
    folder = tmp_path_factory.mktemp("silent")
    with clusters.development(folder, settings={"enable_instance_password": False}) as development:
        url, token = development.cluster.url, development.cluster.token("admin")
        cloud = Cloud(development.url, development.passwords["admin"], url, token)
        project = cloud.new_project("silent")
        yield project
        project.remove()
        cloud.close()


def test_no_password_is_made_where_that_is_switched_off(silent: Project):
    servers = Servers(silent)
    answer = servers.ask()
    assert "adminPass" not in answer.json()["server"]
    assert passwords(silent) == {}
    asked = servers.ask(adminPass="pa55")
    assert "adminPass" not in asked.json()["server"]
    assert list(passwords(silent).values()) == [{"root": "pa55"}], "it reaches the guest all the same"
    server_id = answer.json()["server"]["id"]
    servers.until(server_id, "ACTIVE")
    assert servers.act(server_id, {"rescue": None}).json() == {}
