"""The same server seen from OpenStack and from Kubernetes."""

from __future__ import annotations

import secrets
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from tests.cloud import Project, wait_for
from tests.shared_material import shared

Json = dict[str, Any]

VMS = "/apis/kubevirt.io/v1"


def plain_vm(name: str) -> Json:
    """A VirtualMachine as somebody without Dicot would write it."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "labels": {"app": "web"}},
        "spec": {
            "runStrategy": "RerunOnFailure",
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {
                    "domain": {
                        "cpu": {"cores": 2},
                        "memory": {"guest": "256Mi"},
                        "devices": {
                            "disks": [{"name": "root", "disk": {"bus": "virtio"}}],
                            "interfaces": [{"name": "default", "masquerade": {}}],
                        },
                    },
                    "networks": [{"name": "default", "pod": {}}],
                    "volumes": [{"name": "root", "containerDisk": {"image": "example.org/fedora:41"}}],
                },
            },
        },
    }


def test_a_vm_made_with_kubectl_is_a_server(project: Project):
    name = f"plain-{secrets.token_hex(4)}"
    path = f"{VMS}/namespaces/{project.namespace}/virtualmachines"
    made = project.cloud.kube.post(path, json=plain_vm(name))
    assert made.status_code == 201, made.text
    uid = made.json()["metadata"]["uid"]

    def shown() -> Json | None:
        answer = project.compute_at("latest").get(f"/servers/{uid}")
        return answer.json()["server"] if answer.status_code == 200 else None

    def has(status: str) -> Any:
        return wait_for(lambda: (one := shown()) and one["status"] == status and one, status)

    server = has("ACTIVE")
    assert server["name"] == name
    assert server["flavor"]["vcpus"] == 2
    assert server["flavor"]["ram"] == 256
    assert server["image"] == ""
    listed = project.compute.get("/servers/detail").json()["servers"]
    assert [one["id"] for one in listed] == [uid]

    assert project.compute.post(f"/servers/{uid}/action", json={"os-stop": None}).status_code == 202
    has("SHUTOFF")
    assert project.compute.post(f"/servers/{uid}/action", json={"os-start": None}).status_code == 202
    has("ACTIVE")
    assert project.compute.delete(f"/servers/{uid}").status_code == 204
    wait_for(lambda: project.compute.get(f"/servers/{uid}").status_code == 404, "404")
    wait_for(lambda: not project.objects(f"{VMS}/virtualmachines"), "no virtual machine")


@pytest.fixture
def server(project: Project) -> Json:
    """A server made by Nova, with everything that writes something into the VirtualMachine."""
    images = project.image.get("/images").json()["images"]
    body = {
        "name": "Web Server #1",
        "flavorRef": "1",
        "imageRef": images[0]["id"],
        "networks": "auto",
        "metadata": {"purpose": "test"},
        "tags": ["a", "b"],
        "user_data": "I2Nsb3VkLWNvbmZpZwo=",
        "description": "first",
    }
    made = project.compute_at("latest").post("/servers", json={"server": body})
    assert made.status_code == 202, made.text
    return made.json()["server"]


def vm_of(project: Project, server: Json) -> Json:
    vms = project.objects(f"{VMS}/virtualmachines")
    return next(vm for vm in vms if vm["metadata"]["labels"]["dicot.io/server-id"] == server["id"])


def test_a_server_is_a_readable_virtual_machine(project: Project, server: Json):
    vm = vm_of(project, server)
    assert vm["metadata"]["name"].startswith("web-server-1-")
    assert len(vm["metadata"]["name"]) <= 63
    assert "." not in vm["metadata"]["name"]
    assert vm["metadata"]["annotations"]["dicot.io/name"] == "Web Server #1"
    assert vm["spec"]["template"]["spec"]["domain"]["firmware"]["uuid"] == server["id"]
    assert vm["spec"]["runStrategy"] == "RerunOnFailure"
    assert vm["spec"]["instancetype"]["name"] == "m1.tiny"


def test_a_server_is_a_valid_virtual_machine_without_unknown_fields(project: Project, server: Json):
    document = msgspec.json.decode(shared("contracts/kubevirt-v1.9-openapi.json").read_bytes())
    schema = strict({"$ref": "#/definitions/v1.VirtualMachine", "definitions": document["definitions"]})
    vm = vm_of(project, server)
    for path in (("metadata",), ("spec", "template", "metadata")):
        part = vm
        for step in path:
            part = part[step]
        part.pop("creationTimestamp", None)
    errors = [
        f"{error.instance_path}: {error.message}" for error in jsonschema_rs.Draft4Validator(schema).iter_errors(vm)
    ]
    assert not errors


def strict(schema: Any) -> Any:
    """Forbid in every object what its schema does not name."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items()}
    if "properties" in result and result.get("type") == "object":
        result.setdefault("additionalProperties", False)
    return result


def test_nothing_secret_is_readable_in_the_virtual_machine(project: Project, server: Json):
    text = msgspec.json.encode(vm_of(project, server)).decode()
    assert "I2Nsb3VkLWNvbmZpZwo" not in text
    assert "#cloud-config" not in text
