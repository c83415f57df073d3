"""Rebuilding over HTTP: another disk under the same id, what goes with it, and what each version takes."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import pytest

from dicot.compute.servers import config_drive, credentials
from tests.cloud import Cloud, Project, wait_for
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers
from tests.compute.servers.test_admin_password import image_with
from tests.compute.servers.test_moves import machine

Json = dict[str, Any]


@pytest.mark.parametrize("running", [True, False])
def test_a_server_is_made_anew(project: Project, servers: Servers, running: bool):
    server = servers.make()
    if not running:
        servers.act(server["id"], {"os-stop": None})
        servers.until(server["id"], "SHUTOFF")
    (before,) = project.objects("/api/v1/persistentvolumeclaims")
    asked = {
        "imageRef": servers.image,
        "name": "anew",
        "description": "again",
        "metadata": {"colour": "red"},
        "accessIPv4": "192.0.2.7",
        "hostname": "anew.example.org",
        "user_data": base64.b64encode(b"#cloud-config\n").decode(),
        "adminPass": "se cret",
    }
    answer = servers.act(server["id"], {"rebuild": asked})
    assert answer.status_code == 202, answer.text
    told = answer.json()["server"]
    assert told["progress"] == 0
    assert (told["id"], told["name"], told["adminPass"]) == (server["id"], "anew", "se cret")
    assert (told["user_data"], told["metadata"]) == (asked["user_data"], {"colour": "red"})
    shown = servers.until(server["id"], "ACTIVE" if running else "SHUTOFF")
    assert (shown["name"], shown["description"], shown["accessIPv4"]) == ("anew", "again", "192.0.2.7")
    assert shown["image"]["id"] == servers.image
    assert machine(project, server["id"])["spec"]["template"]["spec"]["hostname"] == "anew"

    def replaced() -> bool:
        claims = project.objects("/api/v1/persistentvolumeclaims")
        return before["metadata"]["uid"] not in {one["metadata"]["uid"] for one in claims}

    wait_for(replaced, "the old disk to go")
    servers.delete(server["id"])
    wait_for(lambda: not project.objects("/api/v1/secrets"), "the Secrets to go with the server")


def test_a_guest_is_told_anew(project: Project, servers: Servers):
    made = project.compute.post("/os-keypairs", json={"keypair": {"name": "mine"}}).json()["keypair"]
    server = servers.make()
    asked = {"imageRef": servers.image, "name": "anew", "key_name": "mine", "metadata": {"colour": "red"}}
    answer = servers.act(server["id"], {"rebuild": asked})
    assert answer.status_code == 202, answer.text
    told = answer.json()["server"]
    assert len(told["adminPass"]) == 12
    vm = machine(project, server["id"])
    drive = config_drive.read_meta_data(vm)
    assert (drive["name"], drive["meta"]) == ("anew", {"colour": "red"})
    assert drive["public_keys"] == {"mine": made["public_key"]}
    (password,) = project.objects("/api/v1/secrets")
    assert password["metadata"]["name"] == credentials.secret_of(vm["spec"]["template"]["spec"])
    assert base64.b64decode(password["data"]["root"]).decode() == told["adminPass"]
    servers.until(server["id"], "ACTIVE")
    data = base64.b64encode(b"#!/bin/sh\n").decode()
    assert servers.act(server["id"], {"rebuild": {"imageRef": servers.image, "user_data": data}}).status_code == 202
    secrets = {one["metadata"]["name"].rpartition("-")[2]: one for one in project.objects("/api/v1/secrets")}
    assert sorted(secrets) == ["pass", "ssh", "userdata"]
    assert base64.b64decode(secrets["userdata"]["data"]["userdata"]) == b"#!/bin/sh\n"
    assert base64.b64decode(secrets["ssh"]["data"]["key"]).decode() == made["public_key"]
    spec = machine(project, server["id"])["spec"]["template"]
    assert not [key for key in spec["metadata"]["annotations"] if "config-drive" in key]
    servers.until(server["id"], "ACTIVE")
    plain = {"imageRef": servers.image, "user_data": None, "key_name": None}
    assert servers.act(server["id"], {"rebuild": plain}).status_code == 202
    kinds = [one["metadata"]["name"].rpartition("-")[2] for one in project.objects("/api/v1/secrets")]
    assert sorted(kinds) == ["pass", "userdata", "userdata"], "the network's data are still read"


def test_ephemeral_disks_are_kept_where_that_is_said(cloud: Cloud, project: Project, servers: Servers):
    wish = {"name": secrets.token_hex(4), "ram": 64, "vcpus": 1, "disk": 1, "OS-FLV-EXT-DATA:ephemeral": 1}
    flavor = cloud.admin.compute.post("/flavors", json={"flavor": wish}).json()["flavor"]["id"]
    try:
        server = servers.make(flavorRef=flavor)
        before = machine(project, server["id"])["spec"]["dataVolumeTemplates"]
        refused = servers.act(server["id"], {"rebuild": {"imageRef": servers.image}})
        assert refused.status_code == 501
        assert "preserve_ephemeral" in message(refused)
        kept = servers.act(server["id"], {"rebuild": {"imageRef": servers.image, "preserve_ephemeral": True}})
        assert kept.status_code == 202, kept.text
        after = machine(project, server["id"])["spec"]["dataVolumeTemplates"]
        assert [one["metadata"]["name"] for one in after][1:] == [one["metadata"]["name"] for one in before][1:]
        assert after[0]["metadata"]["name"] != before[0]["metadata"]["name"]
        servers.delete(server["id"])
    finally:
        cloud.admin.compute.delete(f"/flavors/{flavor}")


def test_a_secret_of_the_tenants_own_stays(project: Project, servers: Servers):
    server = servers.make()
    meta = machine(project, server["id"])["metadata"]
    kube, home = project.cloud.kube, meta["namespace"]
    own = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own-pass"}, "data": {}}
    kube.post(f"/api/v1/namespaces/{home}/secrets", json=own).raise_for_status()
    patch = {"spec": {"template": {"spec": {"accessCredentials": [credentials.by_agent("own-pass")]}}}}
    path = f"/apis/kubevirt.io/v1/namespaces/{home}/virtualmachines/{meta['name']}"
    headers = {"Content-Type": "application/merge-patch+json"}
    kube.patch(path, json=patch, headers=headers).raise_for_status()
    assert servers.act(server["id"], {"rebuild": {"imageRef": servers.image}}).status_code == 202
    assert kube.get(f"/api/v1/namespaces/{home}/secrets/own-pass").status_code == 200


def test_rebuilds_that_are_refused(servers: Servers):
    server = servers.make()
    absent = "6f1c1a52-6f2f-4b0e-9a51-3c7e5d0f2b11"
    for asked, words in (
        ({"imageRef": absent}, "Cannot find image for rebuild"),
        ({"imageRef": servers.image, "key_name": "nokey"}, "Invalid key_name provided."),
    ):
        refused = servers.act(server["id"], {"rebuild": asked})
        assert (refused.status_code, message(refused)) == (400, words)
    assert servers.show(server["id"])["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("version", "field", "status"),
    [
        ("2.18", {"description": "x"}, 400),
        ("2.19", {"description": "x"}, 202),
        ("2.53", {"key_name": None}, 400),
        ("2.54", {"key_name": None}, 202),
        ("2.56", {"user_data": None}, 400),
        ("2.57", {"user_data": None}, 202),
        ("2.62", {"trusted_image_certificates": None}, 400),
        ("2.63", {"trusted_image_certificates": None}, 202),
        ("2.89", {"hostname": "web"}, 400),
        ("2.90", {"hostname": "web"}, 202),
        ("2.93", {"hostname": "web.example"}, 400),
        ("2.94", {"hostname": "web.example"}, 202),
    ],
)
def test_what_a_rebuild_takes(servers: Servers, version: str, field: Json, status: int):
    server = servers.make()
    answer = servers.act(server["id"], {"rebuild": {"imageRef": servers.image, **field}}, version)
    assert answer.status_code == status, answer.text
    if status == 202:
        major = int(version.partition(".")[2])
        assert ("key_name" in answer.json()["server"]) is (major >= 54)
        assert ("user_data" in answer.json()["server"]) is (major >= 57)


def test_another_image_makes_another_machine_of_it(project: Project, servers: Servers):
    server = servers.make(networks=[{"uuid": servers.network()}])
    whole = machine(project, server["id"])["spec"]["template"]["spec"]["domain"]
    other = image_with(servers, hw_disk_bus="sata", hw_vif_model="e1000", os_secure_boot="required")
    assert servers.act(server["id"], {"rebuild": {"imageRef": other}}).status_code == 202
    servers.until(server["id"], "ACTIVE")
    domain = machine(project, server["id"])["spec"]["template"]["spec"]["domain"]
    assert domain["firmware"] == {**whole["firmware"], "bootloader": {"efi": {"secureBoot": True}}}
    assert domain["features"]["smm"] == {"enabled": True}
    assert [one["model"] for one in domain["devices"]["interfaces"]] == ["e1000"]
    buses = {one["name"]: one["disk"]["bus"] for one in domain["devices"]["disks"]}
    assert (buses["root"], buses["config"]) == ("sata", "virtio")
    assert servers.act(server["id"], {"rebuild": {"imageRef": servers.image}}).status_code == 202
    assert machine(project, server["id"])["spec"]["template"]["spec"]["domain"] == whole
