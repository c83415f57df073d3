"""Kubernetes misbehaves in the middle of use: no wrong answer is served, and what was cached comes right again."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dicot.development import Development
from tests.cloud import Cloud, Project, wait_for
from tests.clusters import Clusters

FLAVORS = "virtualmachineclusterinstancetypes"
PATH = f"/apis/instancetype.kubevirt.io/v1beta1/{FLAVORS}"


@pytest.fixture(scope="module")
def shaky(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Development]:
    """A cloud of its own: its cluster is going to fail."""
    with clusters.development(tmp_path_factory.mktemp("shaky")) as development:
        yield development


@pytest.fixture(scope="module")
def shaky_cloud(shaky: Development) -> Iterator[Cloud]:
    cluster = shaky.cluster
    cloud = Cloud(shaky.url, shaky.passwords["admin"], cluster.url, cluster.token("admin"))
    yield cloud
    cloud.close()


@pytest.fixture
def faults(shaky: Development):
    faults = shaky.cluster.faults
    faults.clear()
    yield faults
    faults.clear()


@pytest.fixture
def shaky_project(shaky_cloud: Cloud, faults) -> Iterator[Project]:
    project = shaky_cloud.new_project("shaky")
    yield project
    faults.clear()
    project.remove()


def make_flavor(cloud: Cloud, name: str) -> None:
    """Make an instancetype behind Dicot's back."""
    body = {
        "apiVersion": "instancetype.kubevirt.io/v1beta1",
        "kind": "VirtualMachineClusterInstancetype",
        "metadata": {"name": name},
        "spec": {"cpu": {"guest": 1}, "memory": {"guest": "128Mi"}},
    }
    made = cloud.kube.post(PATH, json=body)
    assert made.status_code == 201, made.text


def flavors(cloud: Cloud) -> set[str]:
    answer = cloud.admin.compute.get("/flavors")
    assert answer.status_code == 200, answer.text
    return {flavor["name"] for flavor in answer.json()["flavors"]}


def test_a_dropped_watch_is_taken_up_where_it_ended(shaky_cloud: Cloud, faults):
    assert faults.drop_watches() > 0
    make_flavor(shaky_cloud, "after-drop")
    wait_for(lambda: "after-drop" in flavors(shaky_cloud), "the new flavor")


def test_an_expired_revision_is_listed_anew(shaky_cloud: Cloud, faults):
    make_flavor(shaky_cloud, "before-expiry")
    wait_for(lambda: "before-expiry" in flavors(shaky_cloud), "the new flavor")
    faults.cut(f"{PATH}.*watch", times=2)
    faults.drop_watches()
    deleted = shaky_cloud.kube.delete(f"{PATH}/before-expiry")
    assert deleted.status_code == 200
    make_flavor(shaky_cloud, "after-expiry")
    faults.expire()
    wait_for(lambda: "after-expiry" in flavors(shaky_cloud), "the new flavor")
    assert "before-expiry" not in flavors(shaky_cloud)


def test_reads_go_on_while_kubernetes_fails(shaky_cloud: Cloud, faults):
    known = flavors(shaky_cloud)
    faults.fail(status=500)
    assert flavors(shaky_cloud) == known


def test_a_write_that_kubernetes_refuses_with_500_is_503_and_leaves_nothing(shaky_project: Project, faults):
    images = shaky_project.image.get("/images").json()["images"]
    network = shaky_project.network.post("/networks", json={"network": {"name": "net"}}).json()["network"]["id"]
    subnet = {"network_id": network, "ip_version": 4, "cidr": "10.7.0.0/24"}
    assert shaky_project.network.post("/subnets", json={"subnet": subnet}).status_code == 201
    faults.fail(r"/virtualmachines$", status=500, method="POST")
    body = {"name": "x", "flavorRef": "1", "imageRef": images[0]["id"], "networks": [{"uuid": network}]}
    answer = shaky_project.compute_at("2.37").post("/servers", json={"server": body})
    assert answer.status_code in {500, 503}
    assert answer.headers["content-type"].startswith("application/json")
    faults.clear()
    assert shaky_project.compute.get("/servers").json()["servers"] == []
    wait_for(lambda: shaky_project.network.get("/ports").json()["ports"] == [], "no port")
    assert not shaky_project.objects("/apis/kubevirt.io/v1/virtualmachines")
    assert not shaky_project.objects("/apis/cdi.kubevirt.io/v1beta1/datavolumes")
    assert not shaky_project.objects("/api/v1/secrets")


def test_a_slow_kubernetes_delays_writes_and_not_reads(shaky_cloud: Cloud, shaky_project: Project, faults):
    faults.slow(r"/datavolumes", 0.5, method="POST", times=1)
    made = shaky_project.volume.post(
        f"/{shaky_project.project_id}/volumes", json={"volume": {"size": 1, "name": "slow"}}
    )
    assert made.status_code == 202, made.text
    assert flavors(shaky_cloud)


def test_a_write_is_read_back_at_once(shaky_project: Project, faults):
    """What the watch has not brought yet is known from the answer to the write itself."""
    faults.slow(r"watch=", 0.2)
    path = f"/{shaky_project.project_id}/volumes"
    for number in range(10):
        made = shaky_project.volume.post(path, json={"volume": {"size": 1, "name": f"v{number}"}}).json()["volume"]
        shown = shaky_project.volume.get(f"{path}/{made['id']}")
        assert shown.status_code == 200, shown.text
        assert shown.json()["volume"]["name"] == f"v{number}"
