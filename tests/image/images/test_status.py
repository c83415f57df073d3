"""The status of an image, a row of the table each."""

import pytest

from dicot.image.images.evidence import Evidence
from dicot.image.images.sizes import size, virtual_bytes
from dicot.image.images.status import status


def source(**annotations):
    return {
        "metadata": {
            "name": "fedora",
            "namespace": "p",
            "uid": "u",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": {f"image.dicot.io/{key.replace('_', '-')}": value for key, value in annotations.items()},
        },
        "spec": {"source": {"pvc": {"namespace": "p", "name": "fedora"}}},
    }


def volume(kind, phase="", *conditions, **metadata):
    return {
        "metadata": {"name": "fedora", **metadata},
        "spec": {"source": {kind: {}}, "storage": {"resources": {"requests": {"storage": "1Gi"}}}},
        "status": {"phase": phase, "conditions": list(conditions)},
    }


def retried(phase):
    again = volume("http", phase, {"type": "Running", "status": "True", "reason": "Pod is running"})
    again["status"]["restartCount"] = 1
    return again


def evidence(volume=None, claim=None, snapshot=None, **annotations):
    return Evidence(
        source=source(**annotations), volume=volume, claim=claim, snapshot=snapshot, owner=None, visibility="private"
    )


BOUND = {"metadata": {"name": "fedora"}, "status": {"phase": "Bound", "capacity": {"storage": "2Gi"}}}
FAILED = {"type": "Running", "status": "False", "reason": "Error", "message": "HTTP 404"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (evidence(), "queued"),
        (evidence(volume("upload")), "saving"),
        (evidence(volume("upload", "UploadReady"), BOUND), "saving"),
        (evidence(volume("upload", "Succeeded"), BOUND), "active"),
        (evidence(volume("upload", "Succeeded"), BOUND, deactivated="true"), "deactivated"),
        (evidence(volume("upload", "UploadReady"), deactivated="true"), "saving"),
        (evidence(volume("upload", "Failed"), BOUND), "queued"),
        (evidence(volume("upload", "UploadReady", deletionTimestamp="x"), BOUND), "queued"),
        (evidence(volume("http", "ImportInProgress"), BOUND), "importing"),
        (evidence(volume("http", "ImportInProgress", FAILED), BOUND), "queued"),
        (evidence(retried("ImportInProgress"), BOUND), "queued"),
        (evidence(retried("Succeeded"), BOUND), "active"),
        (
            evidence(volume("upload", "Pending", {"type": "Bound", "status": "False", "reason": "ErrExceededQuota"})),
            "queued",
        ),
        (evidence(volume("pvc", "CloneInProgress")), "saving"),
        (evidence(None, BOUND), "active"),
        (evidence(None, {"metadata": {}, "status": {"phase": "Pending"}}), "saving"),
        (evidence(None, {"metadata": {"deletionTimestamp": "x"}, "status": {"phase": "Bound"}}), "queued"),
        (evidence(snapshot={"status": {"readyToUse": True}}), "active"),
        (evidence(snapshot={"status": {"readyToUse": False}}), "saving"),
        (evidence(snapshot={"status": {"error": {"message": "x"}}}), "queued"),
        (evidence(snapshot={}), "saving"),
    ],
)
def test_status(given, expected):
    assert status(given) == expected


def test_sizes_are_of_what_was_received():
    received = evidence(volume("upload", "Succeeded"), BOUND, size="4096", virtual_size="8192")
    assert (size(received), virtual_bytes(received)) == (4096, 8192)


def test_what_was_not_received_here_is_as_large_as_its_disk():
    assert size(evidence(None, BOUND)) == 2 * 1024**3
    assert virtual_bytes(evidence(volume("http", "Succeeded"), BOUND)) == 1024**3
    assert virtual_bytes(evidence(snapshot={"status": {"readyToUse": True, "restoreSize": "3Gi"}})) == 3 * 1024**3
    assert size(evidence()) is None
    assert size(evidence(volume("http", "ImportInProgress"), BOUND)) is None


def test_a_number_of_any_length_is_no_burden():
    assert size(evidence(None, BOUND, size="9" * 5000)) == 2 * 1024**3


def test_annotations_that_anyone_may_write_are_not_trusted():
    odd = evidence(None, BOUND, size="many", virtual_size="-1")
    assert (size(odd), virtual_bytes(odd)) == (2 * 1024**3, 2 * 1024**3)
