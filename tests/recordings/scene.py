"""What the recorded cloud held before: flavors, images, two projects; and what was done there off the record."""

from __future__ import annotations

import json
import time
from typing import Any

import httpx2

from tests.cloud import Cloud, Project, wait_for
from tests.recordings.exchanges import Words, body_of

PROJECT, USER = "c5ae25e0623340d8ad3d14574be5e862", "8f18c2f73e764adb90941049cf7d9303"
ADMIN_PROJECT = "c61cdf04a941461685e65b6354ffc379"
OCTETS = {"Content-Type": "application/octet-stream"}
PATCH = {"Content-Type": "application/openstack-images-v2.1-json-patch"}


def set_up(cloud: Cloud, project: Project) -> Words:
    """Make the flavors and images that the recorded requests count on."""
    words = Words({PROJECT: project.project_id, USER: project.user_id, ADMIN_PROJECT: cloud.admin.project_id})
    _flavors(cloud)
    _images(cloud, words)
    words.learn(
        body_of("neutron-025-networks-list-external"),
        project.network.get("/networks", params={"router:external": "true"}).json(),
    )
    recorded = body_of("placement-004-rps")["resource_providers"]
    words.learn(recorded[0], cloud.admin.placement.get("/resource_providers").json()["resource_providers"][0])
    return words


def _flavors(cloud: Cloud) -> None:
    """Make the recorded flavors that are missing."""
    present = {one["id"] for one in cloud.admin.compute.get("/flavors").json()["flavors"]}
    for flavor in body_of("nova-020-flavors-detail-mv2.1")["flavors"]:
        if flavor["id"] not in present:
            wanted: dict[str, Any] = {key: flavor[key] for key in ("id", "name", "ram", "vcpus", "disk")}
            made = cloud.admin.compute.post("/flavors", json={"flavor": wanted})
            assert made.status_code == 200, made.text


def _images(cloud: Cloud, words: Words) -> None:
    """Upload the recorded public images; what is in them does not matter, as nothing boots."""
    images = body_of("glance-044-images-list-visibility")["images"]
    for image in images:
        free = {key: value for key, value in image.items() if key.startswith("owner_specified")}
        kept = {key: image[key] for key in ("name", "disk_format", "container_format", "visibility")}
        made = cloud.admin.image.post("/images", json=kept | free)
        assert made.status_code == 201, made.text
        sent = cloud.admin.image.put(f"/images/{made.json()['id']}/file", content=bytes(1 << 20), headers=OCTETS)
        assert sent.status_code == 204, sent.text
        words.learn(image["id"], made.json()["id"])
    second = int(time.time())
    wait_for(lambda: int(time.time()) > second, "the next second, as images are told apart by the second they came in")


def off_the_record(cloud: Cloud, project: Project, name: str, words: Words) -> None:
    """Do what the recorded client did before this exchange without it being recorded, and what the cloud was set to."""
    if name == "glance-036-images-list":
        _pages(project, name, words)
    elif name == "glance-052-image-delete":
        image = words.told("6047f3d8-df5b-4349-a712-cdecfa3a8454")
        patch = [{"op": "replace", "path": "/protected", "value": False}]
        answer = project.image.patch(f"/images/{image}", content=json.dumps(patch), headers=PATCH)
        assert answer.status_code == 200, answer.text
    elif name == "cinder-017-volume-create-413-quota":
        _limit(cloud.admin.volume, f"/{cloud.admin.project_id}", project, gigabytes=1000)
    elif name == "nova-102-server-create-403-quota":
        _limit(cloud.admin.compute, "", project, instances=8)
    elif name == "nova-214-action-migrate":
        server = words.told("cab5cd0d-4841-4bdc-ac7d-8c6e061330f6")
        body = {"os-resetState": {"state": "active"}}
        answer = cloud.admin.compute.post(f"/servers/{server}/action", json=body)
        assert answer.status_code == 202, answer.text


def _pages(project: Project, name: str, words: Words) -> None:
    recorded = {one["name"]: one for one in body_of(name)["images"]}
    for page in ("page0", "page1", "page2"):
        body = {"name": page, "disk_format": "raw", "container_format": "bare", "visibility": "private"}
        made = project.image.post("/images", json=body)
        assert made.status_code == 201, made.text
        words.learn(recorded[page]["id"], made.json()["id"])


def _limit(client: httpx2.Client, root: str, project: Project, **limits: int) -> None:
    answer = client.put(f"{root}/os-quota-sets/{project.project_id}", json={"quota_set": limits})
    assert answer.status_code == 200, answer.text
