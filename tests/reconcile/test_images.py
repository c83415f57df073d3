"""An upload whose replica died leaves no image that is saving for ever; one that lives is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from dicot.image.file import pulse
from dicot.kube.kinds import DATA_VOLUMES
from dicot.reconcile import images
from tests.cloud import wait_for
from tests.image.exchanges import CDI, create, show, upload

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DATA = b"x" * 4096


@pytest.fixture
def running(development):
    assert development.app is not None
    assert development.app._cluster is not None
    return development.app._cluster


def abandoned(project, image_id, until):
    """Leave what a replica that died in the middle of an upload leaves."""
    (source,) = project.objects(f"{CDI}/datasources")
    meta = source["metadata"]
    owner = {"apiVersion": source["apiVersion"], "kind": "DataSource", "name": meta["name"], "uid": meta["uid"]}
    body = {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {
            "name": meta["name"],
            "labels": {"dicot.io/image-id": image_id},
            "annotations": {
                "cdi.kubevirt.io/storage.bind.immediate.requested": "",
                "image.dicot.io/receiving-until": until,
            },
            "ownerReferences": [owner],
        },
        "spec": {"source": {"upload": {}}, "storage": {"resources": {"requests": {"storage": "1Mi"}}}},
    }
    made = project.cloud.kube.post(f"{CDI}/namespaces/{project.namespace}/datavolumes", json=body)
    assert made.status_code == 201, made.text


def test_an_abandoned_upload_is_undone(project, loop, running):
    image = create(project)
    abandoned(project, image["id"], "2026-01-01T12:00:00Z")
    wait_for(lambda: show(project, image["id"])["status"] == "saving", "the upload to be seen")
    loop.run(images.end_abandoned(running, NOW))
    assert show(project, image["id"])["status"] == "saving"

    def undone() -> bool:
        """A change that CDI makes in between puts it off to the next round."""
        loop.run(images.end_abandoned(running, NOW + timedelta(seconds=1)))
        return show(project, image["id"])["status"] == "queued"

    wait_for(undone, "the image to be queued again")
    assert upload(project, image["id"], DATA).status_code == 204
    loop.run(images.end_abandoned(running, datetime.now(UTC) + timedelta(days=1)))
    assert show(project, image["id"])["status"] == "active"


def test_an_upload_shows_that_it_lives(project, loop, running, monkeypatch):
    monkeypatch.setattr(pulse, "BEAT_S", 0.01)
    image = create(project, min_disk=1)
    seen = []

    def life():
        for volume in running.cache(DATA_VOLUMES).find("namespace", project.namespace):
            return volume["metadata"]["annotations"]["image.dicot.io/receiving-until"]
        return None

    def data():
        yield bytes(2 * 1024**2)
        seen.append(wait_for(life, "the upload to begin"))
        seen.append(wait_for(lambda: (told := life()) != seen[0] and told, "a sign of life"))
        yield DATA

    assert upload(project, image["id"], data()).status_code == 204
    assert len(set(seen)) == 2


@pytest.mark.parametrize(
    ("source", "phase", "told", "expected"),
    [
        ("upload", "UploadReady", "2026-01-01T11:59:59Z", True),
        ("upload", "", "2026-01-01T11:59:59Z", True),
        ("upload", "UploadReady", "2026-01-01T12:00:00Z", False),
        ("upload", "UploadReady", "", False),
        ("upload", "UploadReady", "tomorrow", False),
        ("upload", "Succeeded", "2026-01-01T11:59:59Z", False),
        ("http", "ImportInProgress", "2026-01-01T11:59:59Z", False),
    ],
)
def test_abandoned(source, phase, told, expected):
    volume = {
        "metadata": {"annotations": {"image.dicot.io/receiving-until": told}},
        "spec": {"source": {source: {}}},
        "status": {"phase": phase},
    }
    assert pulse.is_abandoned(volume, NOW) is expected
