"""When Kubernetes fails in the middle: an honest answer, and nothing half made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicot.devcluster.apiserver.faults import Faults
from dicot.development import Development
from tests.volume.conftest import Storage


@pytest.fixture
def faults(development: Development) -> Iterator[Faults]:
    yield development.cluster.faults
    development.cluster.faults.clear()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_volume_that_kubernetes_does_not_take(storage: Storage, faults: Faults, status: int):
    faults.fail(rf"/namespaces/{storage.project.namespace}/datavolumes", status, method="POST")
    refused = storage.newest.post("/volumes", json={"volume": {"size": 1}})
    assert refused.status_code == 503, refused.text
    assert "Retry-After" in refused.headers
    assert "serviceUnavailable" in refused.json()
    faults.clear()
    assert not storage.plans()
    assert storage.newest.get("/volumes").json() == {"volumes": []}


def test_a_deletion_that_is_interrupted_can_be_repeated(storage: Storage, faults: Faults):
    volume_id = storage.create()["id"]
    path = rf"/namespaces/{storage.project.namespace}/(datavolumes|persistentvolumeclaims)/"
    faults.fail(path, 500, method="DELETE")
    assert storage.newest.delete(f"/volumes/{volume_id}").status_code == 503
    faults.clear()
    assert storage.show(volume_id)["status"] == "available"
    assert storage.newest.delete(f"/volumes/{volume_id}").status_code == 202
    storage.gone(f"/volumes/{volume_id}")


def test_metadata_survives_a_lost_race(storage: Storage, faults: Faults):
    volume_id = storage.create(metadata={"a": "1"})["id"]
    path = rf"/namespaces/{storage.project.namespace}/persistentvolumeclaims/"
    faults.fail(path, 409, method="PATCH", times=2)
    changed = storage.newest.post(f"/volumes/{volume_id}/metadata", json={"metadata": {"b": "2"}})
    assert changed.json() == {"metadata": {"a": "1", "b": "2"}}
