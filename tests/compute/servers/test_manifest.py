from __future__ import annotations

import base64
import email
import json
from typing import Any

import jsonschema_rs
import pytest

from dicot.compute.servers import manifest, marks
from tests.compute.servers.samples import SERVER_ID, VOLUME_ID, plan
from tests.shared_material import shared

Json = dict[str, Any]


@pytest.fixture(scope="module")
def published() -> Json:
    """KubeVirt's own schema of a VirtualMachine, in which unknown fields are refused."""
    document = json.loads(shared("contracts/kubevirt-v1.9-openapi.json").read_text())
    definitions = document.get("definitions") or document["components"]["schemas"]
    for definition in definitions.values():
        if definition.get("type") == "object" and "properties" in definition:
            definition.setdefault("additionalProperties", False)
    text = json.dumps(definitions).replace("#/components/schemas/", "#/definitions/")
    return {"$ref": "#/definitions/v1.VirtualMachine", "definitions": json.loads(text)}


def test_the_machine_is_what_kubevirt_publishes(published):
    vm = manifest.virtual_machine(
        plan(hints={"different_host": SERVER_ID}, zone="z1", selected_zone="z1", host="node-1", preference="fedora")
    )
    errors = [
        f"{'/'.join(map(str, error.instance_path))}: {error.message}"
        for error in jsonschema_rs.Draft4Validator(published).iter_errors(vm)
    ]
    assert not errors


def test_a_server_is_a_readable_machine():
    vm = manifest.virtual_machine(plan())
    assert vm["metadata"]["labels"] == {"dicot.io/server-id": SERVER_ID, "app.kubernetes.io/managed-by": "dicot"}
    assert vm["metadata"]["annotations"]["dicot.io/name"] == "GS 1"
    assert vm["spec"]["runStrategy"] == "RerunOnFailure"
    assert vm["spec"]["instancetype"] == {"kind": "VirtualMachineClusterInstancetype", "name": "m1.nano"}
    spec = vm["spec"]["template"]["spec"]
    assert spec["domain"]["firmware"] == {"uuid": SERVER_ID}
    assert spec["hostname"] == "gs-1"
    disks = {disk["name"]: disk for disk in spec["domain"]["devices"]["disks"]}
    assert disks["root"] == {"name": "root", "disk": {"bus": "virtio"}, "bootOrder": 1}
    assert disks[f"vol-{VOLUME_ID}"]["serial"] == VOLUME_ID
    assert [volume["name"] for volume in spec["volumes"]] == ["root", f"vol-{VOLUME_ID}", "config"]


def test_what_was_not_asked_for_is_not_written():
    told = manifest.virtual_machine(
        plan(metadata={}, tags=(), description=None, key_name="", public_key="", password="")
    )
    assert not {marks.METADATA, marks.TAGS, marks.KEY_NAME, "dicot.io/description"} & set(
        told["metadata"]["annotations"]
    )
    assert "accessCredentials" not in told["spec"]["template"]["spec"]


def test_without_networks_no_interface_comes_by_itself():
    vm = manifest.virtual_machine(plan(networks=(), interfaces=(), user_data=b""))
    devices = vm["spec"]["template"]["spec"]["domain"]["devices"]
    assert devices["interfaces"] == []
    assert devices["autoattachPodInterface"] is False


def test_a_full_host_name_is_kept_beside_its_label():
    vm = manifest.virtual_machine(plan(hostname="web.example.org"))
    assert vm["spec"]["template"]["spec"]["hostname"] == "web"
    assert vm["metadata"]["annotations"][marks.HOSTNAME] == "web.example.org"


def test_secure_boot_needs_its_two_fields():
    vm = manifest.virtual_machine(plan(image_properties={"os_secure_boot": "required"}))
    domain = vm["spec"]["template"]["spec"]["domain"]
    assert domain["firmware"]["bootloader"] == {"efi": {"secureBoot": True}}
    assert domain["features"] == {"smm": {"enabled": True}}


def test_secrets_die_with_the_machine():
    vm = {"metadata": {"name": "gs-1", "uid": "u-1"}}
    user_data, key, password = manifest.secrets(plan(), vm)
    assert base64.b64decode(user_data["data"]["userdata"]) == b"#!/bin/sh\n"
    assert base64.b64decode(key["data"]["key"]) == b"ssh-ed25519 AAAA gk"
    assert base64.b64decode(password["data"]["root"]) == b"pa55"
    for secret in (user_data, key, password):
        assert secret["metadata"]["ownerReferences"][0]["uid"] == "u-1"
        assert len(secret["metadata"]["name"]) <= 51


def test_a_password_alone_is_cloud_config():
    text = manifest.with_password(b"", 'pa"ss').decode()
    assert text.startswith("#cloud-config\n")
    assert json.loads(text.partition("\n")[2]) == {"password": 'pa"ss', "chpasswd": {"expire": False}}


def test_a_password_leaves_the_user_data_whole():
    script = "#!/bin/sh\necho ünï\n"
    whole = email.message_from_bytes(manifest.with_password(script.encode(), "secret"))
    setting, rest = whole.get_payload()
    assert setting.get_content_type() == "text/cloud-config"
    assert rest.get_content_type() == "text/x-shellscript"
    assert rest.get_payload(decode=True).decode() == script
