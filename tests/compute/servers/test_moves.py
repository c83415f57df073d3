"""Resizing, shelving and rescuing over HTTP: each there and back, in Nova's states, words and versions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.compute.conftest import NewFlavor
from tests.compute.recorded import message
from tests.compute.servers.conftest import Servers

Json = dict[str, Any]


def machine(project: Project, server_id: str) -> Json:
    vms = project.objects("/apis/kubevirt.io/v1/virtualmachines")
    (found,) = [vm for vm in vms if vm["metadata"]["labels"].get("dicot.io/server-id") == server_id]
    return found


def instance(project: Project, server_id: str) -> Json:
    vmis = project.objects("/apis/kubevirt.io/v1/virtualmachineinstances")
    (found,) = [vmi for vmi in vmis if vmi["metadata"]["labels"].get("dicot.io/server-id") == server_id]
    return found


def test_a_resize_is_confirmed(project: Project, servers: Servers, new_flavor: NewFlavor):
    small, large = new_flavor(ram=64, disk=1), new_flavor(ram=128, vcpus=2, disk=2)
    server = servers.make(flavorRef=small["id"])
    before = instance(project, server["id"])["metadata"]["uid"]
    assert servers.act(server["id"], {"resize": {"flavorRef": large["id"]}}).status_code == 202
    assert servers.show(server["id"])["status"] in {"RESIZE", "VERIFY_RESIZE"}
    shown = servers.until(server["id"], "VERIFY_RESIZE")
    assert (shown["flavor"]["original_name"], shown["OS-EXT-STS:vm_state"]) == (large["name"], "resized")
    after = instance(project, server["id"])
    assert after["metadata"]["uid"] != before
    assert after["spec"]["domain"]["cpu"]["sockets"] == 2
    busy = servers.act(server["id"], {"resize": {"flavorRef": small["id"]}})
    assert message(busy) == f"Cannot 'resize' instance {server['id']} while it is in vm_state resized"
    assert servers.act(server["id"], {"confirmResize": None}).status_code == 204
    assert servers.until(server["id"], "ACTIVE")["flavor"]["disk"] == 2
    (claim,) = project.objects("/api/v1/persistentvolumeclaims")
    assert claim["metadata"]["annotations"]["dicot.io/size-gib"] == "2"
    late = servers.act(server["id"], {"confirmResize": None})
    assert (late.status_code, message(late)) == (
        409,
        f"Cannot 'confirmResize' instance {server['id']} while it is in vm_state active",
    )
    done = project.compute.get(f"/servers/{server['id']}/os-instance-actions").json()["instanceActions"]
    assert {"create", "resize", "confirmResize"} <= {one["action"] for one in done}


def test_a_resize_is_reverted(project: Project, servers: Servers, new_flavor: NewFlavor):
    small, large = new_flavor(ram=64), new_flavor(ram=128)
    server = servers.make(flavorRef=small["id"])
    assert servers.act(server["id"], {"resize": {"flavorRef": large["id"]}}).status_code == 202
    servers.until(server["id"], "VERIFY_RESIZE")
    assert servers.act(server["id"], {"revertResize": None}).status_code == 202
    assert servers.show(server["id"])["status"] in {"REVERT_RESIZE", "ACTIVE"}
    assert servers.until(server["id"], "ACTIVE")["flavor"]["original_name"] == small["name"]
    vm = machine(project, server["id"])
    assert vm["spec"]["instancetype"]["name"] == small["name"]
    assert "dicot.io/resize" not in vm["metadata"]["annotations"]


def test_a_stopped_server_is_resized_where_it_is(servers: Servers, new_flavor: NewFlavor):
    small, large = new_flavor(ram=64), new_flavor(ram=128)
    server = servers.make(flavorRef=small["id"])
    servers.act(server["id"], {"os-stop": None})
    servers.until(server["id"], "SHUTOFF")
    assert servers.act(server["id"], {"resize": {"flavorRef": large["id"]}}).status_code == 202
    assert servers.until(server["id"], "VERIFY_RESIZE")["OS-EXT-STS:power_state"] == 4
    assert servers.act(server["id"], {"confirmResize": None}).status_code == 204
    assert servers.until(server["id"], "SHUTOFF")["flavor"]["original_name"] == large["name"]


def test_resizes_that_are_refused(servers: Servers, new_flavor: NewFlavor):
    flavor, smaller, diskless = new_flavor(disk=2), new_flavor(disk=1), new_flavor(disk=0)
    server = servers.make(flavorRef=flavor["id"])
    for asked, words in (
        (flavor["id"], "When resizing, instances must change flavor!"),
        ("nothing", "Flavor nothing could not be found."),
        (smaller["id"], "Server disk was unable to be resized because: Unable to resize disk down."),
        (diskless["id"], "Server disk was unable to be resized because: Resize to zero disk flavor is not allowed."),
    ):
        refused = servers.act(server["id"], {"resize": {"flavorRef": asked}})
        assert (refused.status_code, message(refused)) == (400, words)
    assert servers.show(server["id"])["status"] == "ACTIVE"


def test_a_resize_counts_against_the_quota(cloud: Cloud, project: Project, servers: Servers, new_flavor: NewFlavor):
    small, large = new_flavor(vcpus=1), new_flavor(vcpus=3)
    server = servers.make(flavorRef=small["id"])
    wish = {"quota_set": {"cores": 2}}
    assert cloud.admin.compute.put(f"/os-quota-sets/{project.project_id}", json=wish).status_code == 200
    refused = servers.act(server["id"], {"resize": {"flavorRef": large["id"]}})
    assert (refused.status_code, message(refused)) == (
        403,
        "Quota exceeded for cores: Requested 2, but already used 1 of 2 cores",
    )


def test_a_server_is_shelved_and_comes_back(project: Project, servers: Servers):
    server = servers.make()
    assert servers.act(server["id"], {"shelve": None}).status_code == 202
    shown = servers.until(server["id"], "SHELVED_OFFLOADED")
    assert (shown["OS-EXT-STS:vm_state"], shown["OS-EXT-STS:power_state"]) == ("shelved_offloaded", 4)
    assert project.objects("/apis/kubevirt.io/v1/virtualmachineinstances") == []
    for action, name in (({"os-start": None}, "start"), ({"shelveOffload": None}, "shelveOffload")):
        refused = servers.act(server["id"], action)
        words = f"Cannot '{name}' instance {server['id']} while it is in vm_state shelved_offloaded"
        assert (refused.status_code, message(refused)) == (409, words)
    assert servers.act(server["id"], {"unshelve": None}).status_code == 202
    servers.until(server["id"], "ACTIVE")
    assert "dicot.io/shelved" not in machine(project, server["id"])["metadata"]["annotations"]
    refused = servers.act(server["id"], {"unshelve": None})
    assert refused.status_code == 409


def test_an_administrator_chooses_the_host_of_what_is_unshelved(cloud: Cloud, project: Project, servers: Servers):
    server = servers.make()
    hosts = [one["hypervisor_hostname"] for one in cloud.admin.compute.get("/os-hypervisors").json()["hypervisors"]]
    servers.act(server["id"], {"shelve": None})
    servers.until(server["id"], "SHELVED_OFFLOADED")
    wish = {"unshelve": {"host": hosts[-1]}}
    refused = servers.act(server["id"], wish)
    assert (refused.status_code, message(refused)) == (
        403,
        "Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be performed.",
    )
    path = f"/servers/{server['id']}/action"
    lost = cloud.admin.compute_at("2.91").post(path, json={"unshelve": {"host": "nowhere"}})
    assert (lost.status_code, message(lost)) == (400, "Compute host nowhere could not be found.")
    assert cloud.admin.compute_at("2.91").post(path, json=wish).status_code == 202
    servers.until(server["id"], "ACTIVE")
    assert instance(project, server["id"])["status"]["nodeName"] == hosts[-1]


@pytest.mark.parametrize(
    ("version", "body", "status"),
    [
        ("2.76", {"unshelve": {"availability_zone": "nowhere"}}, 202),
        ("2.77", {"unshelve": {"availability_zone": "nowhere"}}, 400),
        ("2.77", {"unshelve": {}}, 400),
        ("2.90", {"unshelve": {"host": "node01"}}, 400),
        ("2.91", {"unshelve": {}}, 202),
    ],
)
def test_what_unshelving_takes_at_each_version(servers: Servers, version: str, body: Json, status: int):
    server = servers.make()
    servers.act(server["id"], {"shelve": None})
    servers.until(server["id"], "SHELVED_OFFLOADED")
    assert servers.act(server["id"], body, version).status_code == status


def test_a_server_is_rescued_and_unrescued(project: Project, servers: Servers):
    server = servers.make()
    whole = machine(project, server["id"])["spec"]
    answered = servers.act(server["id"], {"rescue": {"rescue_image_ref": servers.image}})
    assert (answered.status_code, list(answered.json())) == (200, ["adminPass"])
    assert servers.show(server["id"])["OS-EXT-STS:task_state"] in {"rescuing", None}
    assert servers.until(server["id"], "RESCUE")["OS-EXT-STS:vm_state"] == "rescued"
    spec = machine(project, server["id"])["spec"]["template"]["spec"]
    orders = {disk["name"]: disk.get("bootOrder") for disk in spec["domain"]["devices"]["disks"]}
    assert (orders["rescue"], orders["root"]) == (1, 2)
    assert servers.act(server["id"], {"unrescue": None}).status_code == 202
    servers.until(server["id"], "ACTIVE")
    assert machine(project, server["id"])["spec"] == whole
    wait_for(lambda: len(project.objects("/api/v1/persistentvolumeclaims")) == 1, "the rescue disk to be gone")
    refused = servers.act(server["id"], {"unrescue": None})
    assert message(refused) == f"Cannot 'unrescue' instance {server['id']} while it is in vm_state active"


def test_rescues_that_are_refused(servers: Servers):
    server = servers.make()
    absent = "6f1c1a52-6f2f-4b0e-9a51-3c7e5d0f2b11"
    refused = servers.act(server["id"], {"rescue": {"rescue_image_ref": absent}})
    assert (refused.status_code, message(refused)) == (400, f"Requested rescue image '{absent}' is not supported")
    mapping = {
        "boot_index": 0,
        "uuid": servers.image,
        "source_type": "image",
        "destination_type": "volume",
        "volume_size": 1,
        "delete_on_termination": True,
    }
    backed = servers.make(imageRef=..., block_device_mapping_v2=[mapping])
    for version in ("2.86", "2.87"):
        refused = servers.act(backed["id"], {"rescue": None}, version)
        words = f"Instance {backed['id']} cannot be rescued: Cannot rescue a volume-backed instance"
        assert (refused.status_code, message(refused)) == (400, words)
