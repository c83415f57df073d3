"""Nobody sees or touches another project's objects, of any resource; everybody sees what is shared."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from tests.cloud import Cloud, Project
from tests.network import scene

Json = dict[str, Any]


@pytest.fixture
def belongings(project: Project) -> dict[str, Json]:
    """One object of each resource."""
    network, subnet, router = scene.routed(project)
    return {
        "networks": network,
        "subnets": subnet,
        "routers": router,
        "ports": scene.make(project, "ports", network_id=network["id"]),
        "floatingips": scene.make(project, "floatingips", floating_network_id=scene.public(project)["id"]),
        "security-groups": scene.make(project, "security-groups", name="web"),
        "subnetpools": scene.make(project, "subnetpools", name="pool", prefixes=["10.90.0.0/16"]),
    }


def test_others_neither_see_nor_touch(belongings: dict[str, Json], other_project: Project) -> None:
    api = other_project.network
    for collection, obj in belongings.items():
        path = f"/{collection}/{obj['id']}"
        listed = api.get(f"/{collection}").json()[collection.replace("-", "_")]
        assert obj["id"] not in {one["id"] for one in listed}
        assert api.get(path).status_code == 404, collection
        assert scene.change(other_project, collection, obj["id"], description="mine now").status_code == 404
        assert api.delete(path).status_code == 404
        assert api.get(f"{path}/tags").status_code == 404
        assert api.put(f"{path}/tags/red").status_code == 404


def test_others_cannot_build_on_them(belongings: dict[str, Json], other_project: Project) -> None:
    api = other_project.network
    foreign = belongings["networks"]["id"]
    subnet = {"subnet": {"network_id": foreign, "ip_version": 4, "cidr": "10.8.0.0/24"}}
    scene.error(api.post("/subnets", json=subnet), 404, "NetworkNotFound")
    scene.error(api.post("/ports", json={"port": {"network_id": foreign}}), 404, "NetworkNotFound")
    mine = scene.make(other_project, "routers", name="r")
    answer = api.put(f"/routers/{mine['id']}/add_router_interface", json={"subnet_id": belongings["subnets"]["id"]})
    scene.error(answer, 404, "SubnetNotFound")
    network, _ = scene.segment(other_project)
    port = {"network_id": network["id"], "security_groups": [belongings["security-groups"]["id"]]}
    scene.error(api.post("/ports", json={"port": port}), 404, "SecurityGroupNotFound")
    assert other_project.objects("/apis/network.dicot.io/v1alpha1/ports") == []


def test_an_administrator_sees_all(belongings: dict[str, Json], cloud: Cloud) -> None:
    for collection, obj in belongings.items():
        assert scene.show(cloud.admin, collection, obj["id"])["project_id"] == obj["project_id"]


def test_a_project_cannot_give_to_another(project: Project, other_project: Project) -> None:
    wish = {"network": {"name": "gift", "project_id": other_project.project_id}}
    message = scene.error(project.network.post("/networks", json=wish), 400, "HTTPBadRequest")
    assert "requires admin privileges" in message


def test_an_administrator_makes_for_a_project(cloud: Cloud, project: Project) -> None:
    network = scene.make(cloud.admin, "networks", name="gift", project_id=project.project_id)
    assert scene.show(project, "networks", network["id"])["project_id"] == project.project_id


@pytest.fixture
def shared(cloud: Cloud) -> Iterator[tuple[Json, Json]]:
    network = scene.make(cloud.admin, "networks", name="shared", shared=True)
    subnet = scene.make(cloud.admin, "subnets", network_id=network["id"], ip_version=4, cidr="10.99.0.0/24")
    yield network, subnet
    cloud.admin.network.delete(f"/networks/{network['id']}")


def test_a_shared_network_is_for_all(shared: tuple[Json, Json], project: Project) -> None:
    network, subnet = shared
    assert scene.show(project, "networks", network["id"])["shared"] is True
    assert scene.show(project, "subnets", subnet["id"])["cidr"] == "10.99.0.0/24"
    port = scene.make(project, "ports", network_id=network["id"])
    assert port["fixed_ips"][0]["subnet_id"] == subnet["id"]
    answer = scene.change(project, "networks", network["id"], name="mine")
    assert scene.error(answer, 403, "PolicyNotAuthorized") == "rule:update_network is disallowed by policy"
    wish = {"network_id": network["id"], "fixed_ips": [{"ip_address": "10.99.0.77"}]}
    scene.error(project.network.post("/ports", json={"port": wish}), 403, "PolicyNotAuthorized")
    scene.delete(project, "ports", port["id"])


@pytest.mark.parametrize("collection", scene.COLLECTIONS)
def test_a_token_is_needed(anonymous: httpx2.Client, collection: str) -> None:
    for token in ({}, {"X-Auth-Token": "forged"}):
        answer = anonymous.get(f"/network/v2.0/{collection}", headers=token)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == 401


def test_a_reader_reads_only(cloud: Cloud) -> None:
    reader = cloud.new_project("readers", role="reader")
    try:
        assert reader.network.get("/networks").status_code == 200
        answer = reader.network.post("/networks", json={"network": {"name": "n"}})
        assert scene.error(answer, 403, "PolicyNotAuthorized") == "rule:create_network is disallowed by policy"
    finally:
        reader.remove()
