"""Steps that many tests of volumes take."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.cloud import Cloud, Project, wait_for

Json = dict[str, Any]


class Storage:
    """A project's volumes as its member makes and awaits them."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.api = project.volume
        self.newest = project.volume_at("3.71")

    def create(self, status: str = "available", **fields: Any) -> Json:
        answer = self.newest.post("/volumes", json={"volume": {"size": 1, **fields}})
        assert answer.status_code == 202, answer.text
        return self.until(answer.json()["volume"]["id"], status)

    def snapshot(self, volume_id: str, **fields: Any) -> Json:
        answer = self.newest.post("/snapshots", json={"snapshot": {"volume_id": volume_id, **fields}})
        assert answer.status_code == 202, answer.text
        return self.await_it(f"/snapshots/{answer.json()['snapshot']['id']}", "snapshot", "available")

    def show(self, volume_id: str) -> Json:
        answer = self.newest.get(f"/volumes/{volume_id}")
        assert answer.status_code == 200, answer.text
        return answer.json()["volume"]

    def until(self, volume_id: str, status: str) -> Json:
        return self.await_it(f"/volumes/{volume_id}", "volume", status)

    def await_it(self, path: str, key: str, status: str) -> Json:
        def ready() -> Json | None:
            found = self.newest.get(path).json()[key]
            assert status == found["status"] or not found["status"].startswith("error"), found
            return found if found["status"] == status else None

        return wait_for(ready, f"{path} to be {status}")

    def gone(self, path: str) -> None:
        wait_for(lambda: self.newest.get(path).status_code == 404, f"{path} to be gone")

    def act(self, volume_id: str, key: str, body: Any = None, version: str = "3.71") -> Any:
        return self.project.volume_at(version).post(f"/volumes/{volume_id}/action", json={key: body})

    def claims(self) -> list[Json]:
        return self.project.objects("/api/v1/persistentvolumeclaims")

    def plans(self) -> list[Json]:
        return self.project.objects("/apis/cdi.kubevirt.io/v1beta1/datavolumes")


@pytest.fixture
def storage(project: Project) -> Storage:
    return Storage(project)


@pytest.fixture(scope="module")
def standing(cloud: Cloud) -> Iterator[Storage]:
    """A project for tests that leave it as it is: empty."""
    project = cloud.new_project(f"standing-{secrets.token_hex(4)}")
    yield Storage(project)
    project.remove()


@pytest.fixture
def kube(project: Project) -> Callable[..., Json]:
    """Create an object in the project's namespace as its Kubernetes user would with kubectl."""

    def create(path: str, body: Json) -> Json:
        group, _, plural = path.rpartition("/")
        answer = project.cloud.kube.post(f"{group}/namespaces/{project.namespace}/{plural}", json=body)
        assert answer.status_code in {200, 201}, answer.text
        return answer.json()

    return create
