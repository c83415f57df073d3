"""What extra specs mean in an instancetype, and that a change of them touches nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.api.errors import BadRequest
from dicot.compute.flavors.compiled import difference, fields

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("specs", "spec"),
    [
        ({}, {}),
        ({"hw:cpu_policy": "shared", "quota:cpu_shares": "5"}, {}),
        ({"hw:cpu_policy": "dedicated"}, {"cpu": {"dedicatedCPUPlacement": True}}),
        ({"hw:emulator_threads_policy": "isolate"}, {"cpu": {"isolateEmulatorThread": True}}),
        ({"hw:cpu_max_sockets": "4"}, {"cpu": {"maxSockets": 4}}),
        ({"hw:cpu_realtime": "yes", "hw:cpu_realtime_mask": "^0"}, {"cpu": {"realtime": {"mask": "^0"}}}),
        ({"hw:mem_page_size": "large"}, {"memory": {"hugepages": {"pageSize": "2Mi"}}}),
        ({"hw:mem_page_size": "2048"}, {"memory": {"hugepages": {"pageSize": "2Mi"}}}),
        ({"hw:mem_page_size": "1GB"}, {"memory": {"hugepages": {"pageSize": "1Gi"}}}),
        ({"hw:mem_page_size": "small"}, {}),
        ({"hw:mem_page_size": "7"}, {}),
        ({"hw:mem_encryption": "true"}, {"launchSecurity": {"sev": {}}}),
        ({"aggregate_instance_extra_specs:disk": "ssd"}, {"nodeSelector": {"disk": "ssd"}}),
        ({"aggregate_instance_extra_specs:disk": "<in> ssd"}, {}),
        (
            {"pci_passthrough:alias": "acme.com/gpu:2"},
            {
                "hostDevices": [
                    {"name": "device-0", "deviceName": "acme.com/gpu"},
                    {"name": "device-1", "deviceName": "acme.com/gpu"},
                ]
            },
        ),
        (
            {"hw:numa_nodes": "1", "hw:cpu_policy": "dedicated", "hw:mem_page_size": "large"},
            {
                "cpu": {"dedicatedCPUPlacement": True, "numa": {"guestMappingPassthrough": {}}},
                "memory": {"hugepages": {"pageSize": "2Mi"}},
            },
        ),
    ],
)
def test_fields(specs: dict[str, str], spec: Json):
    assert fields(specs) == spec


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        ({}, {}, {}),
        ({"cpu": {"a": 1}}, {"cpu": {"a": 1}}, {}),
        ({}, {"cpu": {"a": 1}}, {"cpu": {"a": 1}}),
        ({"cpu": {"a": 1, "b": 2}}, {"cpu": {"a": 3}}, {"cpu": {"a": 3, "b": None}}),
        ({"cpu": {"a": 1}}, {}, {"cpu": {"a": None}}),
        ({"launchSecurity": {"sev": {}}}, {}, {"launchSecurity": None}),
        ({"hostDevices": [1]}, {"hostDevices": [2]}, {"hostDevices": [2]}),
        ({"nodeSelector": {"a": "1"}}, {"nodeSelector": {"b": "2"}}, {"nodeSelector": {"a": None, "b": "2"}}),
    ],
)
def test_difference(before: Json, after: Json, patch: Json):
    assert difference(before, after) == patch


def test_devices_have_a_limit():
    with pytest.raises(BadRequest):
        fields({"pci_passthrough:alias": "acme.com/gpu:999999999"})
