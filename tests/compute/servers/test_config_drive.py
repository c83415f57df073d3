"""What a guest finds on its config drive, read by cloud-init's own data source; and what nobody else may find."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dicot.compute.servers import config_drive, manifest
from tests.cloud import Cloud, wait_for
from tests.compute.servers.samples import PROJECT_ID, SERVER_ID, VOLUME_ID, plan

CLOUD_INIT = Path(__file__).parents[3] / ".cache" / "cloud-init"
"""Where `make cloud-init` puts it."""
READ = """
import json, sys
sys.path.append(sys.argv[1])
from cloudinit.sources import DataSourceConfigDrive
from cloudinit.sources.helpers import openstack
found = DataSourceConfigDrive.read_config_drive(sys.argv[2])
found["network"] = openstack.convert_net_json(found["networkdata"], known_macs=json.loads(sys.argv[3]))
print(json.dumps(found, default=lambda value: value.decode("latin-1")))
"""
needs_cloud_init = pytest.mark.skipif(not CLOUD_INIT.exists(), reason="`make cloud-init` fetches cloud-init")


def _read(drive: Path, macs: dict[str, str]) -> dict:
    """Read a config drive in a process of its own: cloud-init changes logging and more when it is imported."""
    command = [sys.executable, "-c", READ, str(CLOUD_INIT), str(drive), json.dumps(macs)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _burn(drive: Path, volume: dict, annotations: dict[str, str]) -> None:
    """Write the files as the kubelet gives them to KubeVirt, which puts them on the ISO as they are."""
    for field in volume["downwardAPI"]["fields"]:
        key = field["fieldRef"]["fieldPath"].removeprefix("metadata.annotations['").removesuffix("']")
        path = drive / field["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(annotations[key])


@needs_cloud_init
def test_cloud_init_reads_the_drive(servers, tmp_path):
    made = servers.project.compute.post("/os-keypairs", json={"keypair": {"name": "mine"}}).json()["keypair"]
    network_id = servers.network()
    server = servers.make(
        name="Web #1", metadata={"role": "db"}, key_name="mine", networks=[{"uuid": network_id, "tag": "front"}]
    )
    (vmi,) = servers.project.objects("/apis/kubevirt.io/v1/virtualmachineinstances")
    (pod,) = servers.project.objects("/api/v1/pods")
    (volume,) = [one for one in vmi["spec"]["volumes"] if one["name"] == "config"]
    assert volume["downwardAPI"]["volumeLabel"] == "config-2"
    _burn(tmp_path, volume, pod["metadata"]["annotations"])

    (port,) = servers.project.network.get("/ports", params={"device_id": server["id"]}).json()["ports"]
    found = _read(tmp_path, {port["mac_address"]: "eth0"})
    assert found["version"] == 2
    told = found["metadata"]
    assert told["instance-id"] == told["uuid"] == server["id"] == vmi["spec"]["domain"]["firmware"]["uuid"]
    assert told["name"] == "Web #1"
    assert told["local-hostname"] == told["hostname"] == server["OS-EXT-SRV-ATTR:hostname"]
    assert told["meta"] == {"role": "db"}
    assert told["project_id"] == servers.project.project_id
    assert told["public_keys"] == {"mine": made["public_key"]}
    assert told["keys"] == [{"name": "mine", "type": "ssh", "data": made["public_key"]}]
    assert told["launch_index"] == 0
    assert len(told["random_seed"]) == 512  # cloud-init has decoded it
    (nic,) = told["devices"]
    assert (nic["type"], nic["mac"], nic["tags"]) == ("nic", port["mac_address"], ["front"])
    assert found["vendordata"] == {}
    (link,) = found["networkdata"]["links"]
    assert (link["vif_id"], link["ethernet_mac_address"]) == (port["id"], port["mac_address"])
    (network,) = found["network"]["config"]
    assert (network["name"], network["mac_address"]) == ("eth0", port["mac_address"])
    assert [one["type"] for one in network["subnets"]] == ["dhcp4"]
    assert server["config_drive"] == "True"


def test_secrets_stay_in_secrets(servers, cloud: Cloud):
    script = base64.b64encode(b"#!/bin/sh\necho whispered\n").decode()
    answer = servers.ask(user_data=script, adminPass="pa55word", networks=[{"uuid": servers.network()}])
    assert answer.status_code == 202, answer.text
    server = servers.until(answer.json()["server"]["id"], "ACTIVE")
    assert server["config_drive"] == "True"
    secrets = {one["metadata"]["name"].rpartition("-")[2]: one for one in servers.project.objects("/api/v1/secrets")}
    assert sorted(secrets) == ["pass", "userdata"]
    secret = secrets["userdata"]
    assert sorted(secret["data"]) == ["networkdata", "userdata"]
    assert script.encode() in base64.b64decode(secret["data"]["userdata"])  # a part of a multi-part message
    (link,) = json.loads(base64.b64decode(secret["data"]["networkdata"]))["links"]
    assert link["vif_id"]
    kinds = ("kubevirt.io/v1/virtualmachines", "kubevirt.io/v1/virtualmachineinstances")
    seen = [*servers.project.objects("/api/v1/pods")]
    for kind in kinds:
        seen += servers.project.objects(f"/apis/{kind}")
    told = json.dumps(seen)
    for word in ("whispered", "pa55word", script, secret["data"]["userdata"], secrets["pass"]["data"]["root"]):
        assert word not in told
    who = {
        "spec": {
            "user": "",
            "groups": ["system:authenticated"],
            "resourceAttributes": {"namespace": servers.project.namespace, "verb": "get", "resource": "secrets"},
        }
    }
    reader = cloud.new_project(f"{servers.project.name}-r", "reader")
    try:
        roles = {one["name"]: one["id"] for one in cloud.admin.identity.get("/roles").json()["roles"]}
        grant = f"/projects/{servers.project.project_id}/users/{reader.user_id}/roles/{roles['reader']}"
        assert cloud.admin.identity.put(grant).status_code == 204
        (binding,) = [
            one
            for one in servers.project.objects("/apis/rbac.authorization.k8s.io/v1/rolebindings")
            if any(reader.user_id in subject["name"] for subject in one.get("subjects") or ())
        ]
        who["spec"]["user"] = binding["subjects"][0]["name"]
        review = cloud.kube.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=who).json()
        assert review["status"]["allowed"] is False
        who["spec"]["resourceAttributes"] |= {"group": "kubevirt.io", "resource": "virtualmachines"}

        def reads_machines() -> bool:
            asked = cloud.kube.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=who).json()
            return asked["status"]["allowed"]

        assert wait_for(reads_machines, "the reader to read machines")
    finally:
        reader.remove()


def test_a_key_alone_is_no_secret(servers):
    servers.project.compute.post("/os-keypairs", json={"keypair": {"name": "mine"}})
    servers.make(key_name="mine")
    names = [one["metadata"]["name"] for one in servers.project.objects("/api/v1/secrets")]
    assert [name.rpartition("-")[2] for name in names] == ["pass"]


def test_what_stands_on_the_drive():
    told = config_drive.meta_data(plan(), plan().drive)
    assert list(told) == [
        "uuid", "meta", "public_keys", "keys", "hostname", "name", "launch_index", "availability_zone", "random_seed",
        "project_id", "devices", "dedicated_cpus",
    ]  # fmt: skip
    assert (told["uuid"], told["project_id"], told["availability_zone"]) == (SERVER_ID, PROJECT_ID, "zone-a")
    (disk,) = told["devices"]
    assert (disk["type"], disk["serial"], disk["tags"]) == ("disk", VOLUME_ID, ["data"])


def test_user_data_makes_kubevirt_write_the_drive():
    spec = manifest.virtual_machine(plan())["spec"]["template"]
    assert not any("config-drive" in key for key in spec["metadata"]["annotations"])
    drive = spec["spec"]["volumes"][-1]
    secret = {"name": "gs-1-userdata"}
    assert drive == {"name": "config", "cloudInitConfigDrive": {"secretRef": secret, "networkDataSecretRef": secret}}
    assert spec["spec"]["accessCredentials"]


def test_two_addresses_of_one_port_are_two_networks():
    drive = config_drive.Drive(
        project_id="p",
        zone=None,
        random_seed=b"",
        networks=({"port_id": "0123456789abcdef", "network_id": "n", "versions": [4, 6]},),
    )
    told = config_drive.network_data(plan(), drive)
    assert [one["id"] for one in told["links"]] == ["tap0123456789a"]
    assert [(one["id"], one["type"], one["link"]) for one in told["networks"]] == [
        ("network0", "ipv4_dhcp", "tap0123456789a"),
        ("network1", "ipv6_dhcp", "tap0123456789a"),
    ]
