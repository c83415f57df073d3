"""Steps that several tests of images share: make one, fill it, look at what is left of it."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tests.cloud import Project, Session
from tests.shared_material import shared

Json = dict[str, Any]

OCTETS = {"Content-Type": "application/octet-stream"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}
CDI = "/apis/cdi.kubevirt.io/v1beta1"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
MADE = (
    f"{CDI}/datasources",
    f"{CDI}/datavolumes",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/secrets",
    "/apis/export.kubevirt.io/v1/virtualmachineexports",
    f"{RBAC}/roles",
)


def create(session: Session, **fields: Any) -> Json:
    body = {"name": "one", "disk_format": "raw", "container_format": "bare", **fields}
    answer = session.image.post("/images", json={key: value for key, value in body.items() if value is not None})
    assert answer.status_code == 201, answer.text
    return answer.json()


def upload(session: Session, image_id: str, data: Any) -> httpx2.Response:
    return session.image.put(f"/images/{image_id}/file", content=data, headers=OCTETS)


def patch(session: Session, image_id: str, *operations: Json) -> httpx2.Response:
    return session.image.patch(f"/images/{image_id}", content=json.dumps(operations), headers=PATCH)


def show(session: Session, image_id: str) -> Json:
    answer = session.image.get(f"/images/{image_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(session: Session, **query: Any) -> list[str]:
    answer = session.image.get("/images", params=query)
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["images"]]


def left(project: Project) -> dict[str, int]:
    """Count what images leave in a project's namespace, by kind."""
    counts = {path.rpartition("/")[2]: len(project.objects(path)) for path in MADE}
    return {kind: count for kind, count in counts.items() if count}


def recorded(name: str) -> Json:
    """Return what a real Glance answered."""
    return json.loads(shared(f"recordings/openstack/glance-{name}.json").read_text())["response"]


def message(answer: httpx2.Response) -> str:
    return answer.json()["message"]
