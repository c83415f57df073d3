"""One test for each row of the table of a volume's status, from the top."""

import pytest

from dicot import names
from dicot.volume import spelling
from dicot.volume.volumes.status import status, use_state
from tests.volume.objects import (
    SERVER,
    claim,
    condition,
    data_volume,
    machine,
    report,
    running,
    use,
    volume,
)

HOTPLUG = {"hotplugVolume": {"attachPodName": "hp-volume-x"}}


def test_deletion_comes_before_everything():
    gone = claim(metadata={"deletionTimestamp": "2026-11-22T07:00:00Z"}, annotations={spelling.TRANSFER: "{}"})
    assert status(volume(gone, None, use(machine(), None))) == "deleting"


def test_a_data_volume_that_is_deleted_takes_its_claim_along():
    plan = data_volume(metadata={"deletionTimestamp": "2026-11-22T07:00:00Z"})
    assert status(volume(claim(), plan)) == "deleting"


def test_offered_to_another_project():
    assert status(volume(claim(annotations={spelling.TRANSFER: "{}"}))) == "awaiting-transfer"


@pytest.mark.parametrize(
    "plan",
    [
        data_volume("Failed"),
        data_volume("ImportInProgress", conditions=(condition("Running", "False", "Error"),)),
        data_volume("", conditions=(condition("Bound", "False", "ErrClaimNotValid"),)),
    ],
)
def test_filling_failed(plan):
    assert status(volume(claim(), plan)) == "error"


def test_storage_lost():
    assert status(volume(claim("Lost"))) == "error"


def test_an_old_error_of_a_volume_that_succeeded_does_not_count():
    plan = data_volume("Succeeded", conditions=(condition("Running", "False", "Error"),))
    assert status(volume(claim(), plan)) == "available"


@pytest.mark.parametrize(
    "grown",
    [
        claim(conditions=(condition("ControllerResizeError", "True"),), requested="2Gi", capacity="1Gi"),
        claim(status={"allocatedResourceStatuses": {"storage": "NodeResizeInfeasible"}}),
    ],
)
def test_extension_failed(grown):
    assert status(volume(grown)) == "error_extending"


def test_extension_goes_on():
    assert status(volume(claim(requested="2Gi", capacity="1Gi"))) == "extending"
    assert status(volume(claim(conditions=(condition("Resizing", "True"),)))) == "extending"


def test_a_file_system_waits_for_its_next_mount_without_keeping_the_client_waiting():
    waiting = claim(
        conditions=(condition("FileSystemResizePending", "True"),), requested="2Gi", capacity="1Gi"
    )  # fmt: skip
    assert status(volume(waiting)) == "available"
    assert status(volume(waiting, None, use(machine(), running(report(target="vdb"))))) == "extending"


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (data_volume("ImportInProgress"), "creating"),
        (data_volume(""), "creating"),
        (data_volume("ImportInProgress", {"sourceRef": {"kind": "DataSource", "name": "img"}}), "downloading"),
        (data_volume("CloneInProgress", {"sourceRef": {"kind": "DataSource", "name": "img"}}), "downloading"),
        (data_volume("", {"sourceRef": {"kind": "DataSource", "name": "img"}}), "creating"),
        (data_volume("ImportInProgress", {"source": {"http": {"url": "http://x/"}}}), "downloading"),
        (data_volume("CloneInProgress", {"source": {"pvc": {"name": "a", "namespace": "b"}}}), "creating"),
        (data_volume("SnapshotForSmartCloneInProgress", {"source": {"snapshot": {"name": "a"}}}), "creating"),
    ],
)
def test_being_filled(plan, expected):
    assert status(volume(claim("Pending"), plan)) == expected


@pytest.mark.parametrize("phase", ["WaitForFirstConsumer", "PendingPopulation"])
def test_storage_that_waits_for_a_server_is_available(phase):
    assert status(volume(claim("Pending"), data_volume(phase), binding="WaitForFirstConsumer")) == "available"


def test_a_plain_claim_that_is_not_bound():
    assert status(volume(claim("Pending"), binding="Immediate")) == "creating"
    assert status(volume(claim("Pending"), binding="WaitForFirstConsumer")) == "available"


@pytest.mark.parametrize(
    ("vmi", "expected"),
    [
        (None, "in-use"),
        (running(phase="Scheduling"), "in-use"),
        (running(report(target="vda")), "in-use"),
        (running(report()), "in-use"),
        (running(report(**HOTPLUG, phase="Ready", target="sda")), "in-use"),
        (running(), "attaching"),
        (running(report(**HOTPLUG, phase="Pending")), "attaching"),
        (running(report(**HOTPLUG, phase="Bound")), "attaching"),
        (running(report(**HOTPLUG, phase="AttachedToNode")), "attaching"),
        (running(report(**HOTPLUG, phase="MountedToPod")), "attaching"),
        (running(report(**HOTPLUG, phase="Detaching")), "detaching"),
    ],
)
def test_in_the_specification_of_a_machine(vmi, expected):
    assert use_state(use(machine(), vmi)) == expected
    assert status(volume(claim(), None, use(machine(), vmi))) == expected


def test_out_of_the_specification_but_still_held_by_what_runs():
    held = running(report(**HOTPLUG, phase="UnMountedFromPod"))
    assert status(volume(claim(), None, use(None, held))) == "detaching"


def test_several_servers_of_which_one_has_it():
    there = use(machine(), running(report(target="vdb")))
    coming = use(machine(), running(report(**HOTPLUG, phase="Pending")))
    assert status(volume(claim(), None, coming, there)) == "in-use"


def test_promised():
    promised = claim(annotations={spelling.ATTACHED_TO: SERVER})
    assert status(volume(promised)) == "reserved"
    assert status(volume(promised), fresh_promise=False) == "available"
    assert status(volume(promised, None, use(machine(), None))) == "in-use"


def test_being_read_into_an_image():
    reading = {"metadata": {"labels": {names.id_label("image"): "x"}}, "status": {"readyToUse": False}}
    read = {"metadata": {"labels": {names.id_label("image"): "x"}}, "status": {"readyToUse": True}}
    assert status(volume(claim(), snapshots=(reading,))) == "uploading"
    assert status(volume(claim(), snapshots=(read,))) == "available"


def test_otherwise_available():
    assert status(volume(claim(), data_volume())) == "available"
