"""A server's objects, as the tests of its translators need them."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from dicot.compute.server_groups import manifest as server_groups
from dicot.compute.servers import manifest, view
from dicot.compute.servers.config_drive import Drive
from dicot.compute.servers.manifest import Disk, Plan

Json = dict[str, Any]

SERVER_ID = "cab5cd0d-4841-4bdc-ac7d-8c6e061330f6"
IMAGE_ID = "2b2d452f-da53-4d65-bdc1-66042ef37f34"
VOLUME_ID = "f18789d5-7107-461e-bd8c-ccc1797e8c67"
PROJECT_ID = "c5ae25e0623340d8ad3d14574be5e862"
USER_ID = "8f18c2f73e764adb90941049cf7d9303"
BORN = "2026-11-22T06:46:14Z"
FLAVOR = {
    "id": "42",
    "vcpus": 1,
    "ram": 128,
    "disk": 1,
    "ephemeral": 0,
    "swap": 0,
    "original_name": "m1.nano",
    "extra_specs": {},
}


def plan(**changes: Any) -> Plan:
    """A server of every kind of disk, with whatever the test wants otherwise."""
    root = manifest.local_disk("gs-1-root", "1Gi", {"sourceRef": {"kind": "DataSource", "name": "cirros"}})
    usual: Json = {
        "server_id": SERVER_ID,
        "name": "gs-1",
        "display": "GS 1",
        "flavor": {**FLAVOR, "instancetype": "m1.nano"},
        "preference": "",
        "image_id": IMAGE_ID,
        "image_properties": {"hw_disk_bus": "virtio", "owner_specified": "x"},
        "disks": (
            Disk("root", {"dataVolume": {"name": "gs-1-root"}}, boot_order=1, template=root),
            Disk(
                f"vol-{VOLUME_ID}",
                {"persistentVolumeClaim": {"claimName": "data", "hotpluggable": True}},
                serial=VOLUME_ID,
                tag="data",
            ),
        ),
        "networks": ({"name": "port-1", "pod": {}},),
        "interfaces": ({"name": "port-1", "masquerade": {}, "macAddress": "fa:16:3e:66:0f:6c"},),
        "annotations": {},
        "labels": {},
        "user_data": b"#!/bin/sh\n",
        "password": "pa55",
        "admin_user": "root",
        "public_key": "ssh-ed25519 AAAA gk",
        "key_name": "gk",
        "metadata": {"m1": "v1"},
        "tags": ("a",),
        "description": "first",
        "hostname": "gs-1",
        "zone": "",
        "selected_zone": "",
        "host": "",
        "hints": {},
        "place": server_groups.NOWHERE,
        "disk_config": "MANUAL",
        "access_ipv4": "",
        "access_ipv6": "",
        "user_id": USER_ID,
        "reservation_id": "r-8ecco4nr",
        "launch_index": 0,
        "action": {"action": "create", "request_id": "req-1"},
        "drive": Drive(
            project_id=PROJECT_ID,
            zone="zone-a",
            random_seed=bytes(512),
            networks=({"port_id": "1f4b4a1e-port", "network_id": "net-1", "versions": [4]},),
        ),
    }
    told = {**usual, **changes}
    networks = told["drive"].networks[: len(told["interfaces"])]
    return Plan(**{**told, "drive": msgspec.structs.replace(told["drive"], networks=networks)})


def running(vm: Json) -> tuple[Json, Json]:
    """The machine of a manifest as it is once it runs, and its instance."""
    vm = copy.deepcopy(vm)
    vm["metadata"] |= {"namespace": "p", "uid": "u-1", "creationTimestamp": BORN, "resourceVersion": "7"}
    vm["status"] = {"printableStatus": "Running", "created": True, "runStrategy": vm["spec"]["runStrategy"]}
    vmi = {
        "metadata": {"name": vm["metadata"]["name"], "namespace": "p", "uid": "i-1", "creationTimestamp": BORN},
        "spec": vm["spec"]["template"]["spec"],
        "status": {
            "phase": "Running",
            "nodeName": "node-1",
            "phaseTransitionTimestamps": [{"phase": "Running", "phaseTransitionTimestamp": "2026-11-22T06:46:21Z"}],
            "volumeStatus": [{"name": "root", "target": "vda"}],
        },
    }
    return vm, vmi


def beside(**changes: Any) -> view.Beside:
    usual: Json = {
        "project_id": PROJECT_ID,
        "addresses": {
            "gnet": [
                {
                    "version": 4,
                    "addr": "10.7.0.63",
                    "OS-EXT-IPS:type": "fixed",
                    "OS-EXT-IPS-MAC:mac_addr": "fa:16:3e:66:0f:6c",
                }
            ]
        },
        "security_groups": ("default",),
        "zone": "nova",
        "host_status": "UP",
        "attached": (),
        "flavor": FLAVOR,
        "image_id": IMAGE_ID,
        "server_group": "",
    }
    return view.Beside(**{**usual, **changes})
