"""Virtual machines and instancetypes as people may write them: whatever their annotations say, nothing breaks."""

from __future__ import annotations

import secrets
from typing import Any

import pytest

from tests.cloud import Project, wait_for
from tests.scenarios.test_both_sides import VMS, plain_vm

Json = dict[str, Any]

SPOILT = {
    "nonsense": "{",
    "empty": "",
    "a number": "7",
    "null": "null",
    "an empty object": "{}",
    "an empty list": "[]",
    "rather deep": '{"a":' * 995 + "1" + "}" * 995,
    "deep lists": "[" * 100_000,
    "deep objects": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "a very long number": "9" * 5000,
    "nested": '{"a": {"b": [1, {"c": null}]}, "action": ["x"], "by": 1, "instancetype": "x"}',
    "a list of anything": '[1, null, {"action": 7}, {"action": "x", "start_time": "then"}, ["a"]]',
}
SPOILT_IDS = {text for text in SPOILT.values() if not text.isalnum() or len(text) > 255}
MARKS = (
    "access-ipv4", "access-ipv6", "actions", "availability-zone", "description", "disk-config", "flavor", "hostname",
    "image-id", "image-properties", "key-name", "launch-index", "locked", "metadata", "name", "reservation-id",
    "resize", "scheduler-hints", "tags", "user-id",
)  # fmt: skip


def odd_vm(project: Project, **changes: Any) -> str:
    vm = plain_vm(f"odd-{secrets.token_hex(4)}")
    vm["metadata"] |= changes
    made = project.cloud.kube.post(f"{VMS}/namespaces/{project.namespace}/virtualmachines", json=vm)
    assert made.status_code == 201, made.text
    uid = made.json()["metadata"]["uid"]
    wait_for(lambda: project.compute.get(f"/servers/{uid}").status_code != 404, "the server")
    return uid


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT)
def test_a_server_with_spoilt_annotations_can_be_looked_at(project, text):
    # Kubernetes holds 256 KiB of annotations.
    big = len(text) > 10_000
    for names in [(name,) for name in ("flavor", "actions", "tags")] if big else [MARKS]:
        uid = odd_vm(project, annotations={f"dicot.io/{name}": text for name in names})
        compute = project.compute_at("2.104")
        for path in (
            "",
            "/metadata",
            "/tags",
            "/ips",
            "/os-instance-actions",
            "/os-interface",
            "/os-volume_attachments",
        ):
            answer = compute.get(f"/servers/{uid}{path}")
            assert answer.status_code == 200, f"{path}: {answer.text}"
    assert compute.get(f"/servers/{uid}").json()["server"]["image"] == "", "an image has the id of one"
    if names == MARKS:
        assert compute.get(f"/servers/{uid}").json()["server"]["user_id"] in {text, "kubernetes"} - SPOILT_IDS
    for query in ("", "?tags=a", "?locked=true", "?sort_key=launch_index", "?changes-since=2020-01-01T00:00:00Z"):
        assert compute.get(f"/servers/detail{query}").status_code == 200
    assert compute.get(f"/servers/{uid}/os-instance-actions?changes-since=2020-01-01T00:00:00Z").status_code == 200
    assert compute.get("/limits").status_code == 200
    administrator = project.cloud.admin.compute_at("2.104")
    assert administrator.get("/servers/detail?all_tenants=1").status_code == 200
    assert administrator.get("/os-simple-tenant-usage?detailed=1").status_code == 200
    if "locked" in MARKS and not big:
        assert compute.post(f"/servers/{uid}/action", json={"os-stop": None}).status_code == 409
        assert compute.post(f"/servers/{uid}/action", json={"unlock": None}).status_code == 202
    assert compute.put(f"/servers/{uid}/metadata/k", json={"meta": {"k": "v"}}).status_code == 200
    assert compute.get(f"/servers/{uid}").json()["server"]["metadata"]["k"] == "v"


@pytest.mark.parametrize("text", SPOILT.values(), ids=SPOILT)
def test_a_flavor_with_spoilt_annotations_can_be_looked_at(cloud, text):
    path, name = "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterinstancetypes", secrets.token_hex(4)
    marks = ("extra-specs",) if len(text) > 10_000 else (
        "root-gb", "ephemeral-gb", "swap-mb", "rxtx-factor", "description", "is-public", "projects", "extra-specs",
    )  # fmt: skip
    body = {
        "apiVersion": "instancetype.kubevirt.io/v1beta1",
        "kind": "VirtualMachineClusterInstancetype",
        "metadata": {"name": f"odd-{name}", "annotations": {f"flavor.dicot.io/{mark}": text for mark in marks}},
        "spec": {"cpu": {"guest": 1}, "memory": {"guest": "64Mi"}},
    }
    assert cloud.kube.post(path, json=body).status_code == 201
    try:
        for version in ("2.1", "2.104"):
            compute = cloud.admin.compute_at(version)
            wait_for(lambda: compute.get(f"/flavors/odd-{name}").status_code != 404, "the flavor")  # noqa: B023
            for asked in (
                f"/flavors/odd-{name}",
                f"/flavors/odd-{name}/os-extra_specs",
                "/flavors/detail?is_public=None",
            ):
                answer = compute.get(asked)
                assert answer.status_code == 200, f"{asked}: {answer.text}"
    finally:
        cloud.kube.delete(f"{path}/odd-{name}")


def test_a_machine_with_the_least_that_is_valid(project):
    name = f"bare-{secrets.token_hex(4)}"
    vm = {**plain_vm(name), "spec": {"runStrategy": "Halted", "template": {"spec": {"domain": {"devices": {}}}}}}
    made = project.cloud.kube.post(f"{VMS}/namespaces/{project.namespace}/virtualmachines", json=vm)
    assert made.status_code == 201, made.text
    path = f"/servers/{made.json()['metadata']['uid']}"
    compute = project.compute_at("2.104")
    wait_for(lambda: compute.get(path).status_code == 200, "the server")
    for part in ("/os-interface", "/os-volume_attachments", "/os-security-groups", "/ips"):
        assert compute.get(path + part).status_code == 200
    assert compute.get(path).json()["server"]["status"] == "SHUTOFF"


def test_the_flavor_of_a_machine_without_one_can_be_shown(project, refused):
    uid = odd_vm(project)
    link = project.compute.get(f"/servers/{uid}").json()["server"]["flavor"]
    flavor = project.compute.get(f"/flavors/{link['id']}").json()["flavor"]
    assert (flavor["id"], flavor["vcpus"], flavor["ram"], flavor["disk"]) == ("custom-2-256", 2, 256, 0)
    assert project.compute.get(f"/flavors/{link['id']}/os-extra_specs").json() == {"extra_specs": {}}
    listed = project.compute.get("/flavors").json()["flavors"]
    assert link["id"] not in {one["id"] for one in listed}
    server = {"name": "x", "imageRef": "", "flavorRef": link["id"], "networks": "none"}
    refused(project.compute_at("2.104").post("/servers", json={"server": server}), 400, "badRequest")
    refused(project.compute.get("/flavors/custom-2"), 404, "itemNotFound")


def test_a_clone_is_not_its_original(project):
    """The clone has the label of the server that it was made of, and firmware of its own."""
    gone = "11111111-2222-4333-8444-555555555555"
    uid = odd_vm(project)
    vm = plain_vm(f"clone-{secrets.token_hex(4)}")
    vm["metadata"]["labels"] = {"dicot.io/server-id": gone}
    vm["spec"]["template"]["spec"]["domain"]["firmware"] = {"uuid": uid}
    made = project.cloud.kube.post(f"{VMS}/namespaces/{project.namespace}/virtualmachines", json=vm)
    assert made.status_code == 201, made.text
    wait_for(lambda: len(project.compute.get("/servers").json()["servers"]) == 2, "both servers")
    assert project.compute.get(f"/servers/{gone}").status_code == 404
    assert project.compute.get(f"/servers/{made.json()['metadata']['uid']}").status_code == 200
