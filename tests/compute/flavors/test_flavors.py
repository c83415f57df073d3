"""Flavors over HTTP: listed, shown, made, described, deleted; at the versions where they changed."""

from __future__ import annotations

import secrets
from typing import Any

import httpx2
import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.compute.conftest import NewFlavor
from tests.compute.recorded import answer, message, recorded, shape

Json = dict[str, Any]

INSTANCETYPES = "/apis/instancetype.kubevirt.io/v1beta1/virtualmachineclusterinstancetypes"


def names(response: httpx2.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [one["name"] for one in response.json()["flavors"]]


@pytest.mark.parametrize("number", ["019", "020", "021", "022", "023", "024", "025", "026", "027", "028"])
def test_lists_have_the_recorded_shape(project: Project, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"].get("OpenStack-API-Version", "compute 2.1").split()[1]
    path = exchange["request"]["path"].removeprefix("/v2.1")
    listed = project.compute_at(version).get(path)
    assert shape(listed.json()) == shape(exchange["response"]["body"])


@pytest.mark.parametrize("number", ["029", "030", "031", "032"])
def test_shown_as_recorded(project: Project, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"].get("OpenStack-API-Version", "compute 2.1").split()[1]
    shown = project.compute_at(version).get("/flavors/1")
    assert shape(shown.json()) == shape(exchange["response"]["body"])


def test_unknown_flavor(project: Project):
    lost = project.compute.get("/flavors/nosuch")
    assert (lost.status_code, lost.json()) == (404, answer("nova-033"))


def test_pages_and_order(project: Project, new_flavor: NewFlavor):
    for ram in (70001, 70003, 70002):
        new_flavor(id=f"paged-{ram}", ram=ram)
    query = "minRam=70000&sort_key=memory_mb&sort_dir=desc&limit=2"
    first = project.compute.get(f"/flavors?{query}").json()
    assert [one["id"] for one in first["flavors"]] == ["paged-70003", "paged-70002"]
    assert first["flavors_links"][0]["href"].endswith(f"/compute/v2.1/flavors?{query}&marker=paged-70002")
    rest = project.compute.get(f"/flavors/detail?{query}&marker=paged-70002").json()
    assert [one["id"] for one in rest["flavors"]] == ["paged-70001"]
    assert "flavors_links" not in rest


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("marker=nosuch", "marker [nosuch] not found"),
        ("minRam=x", "Invalid minRam filter [x]"),
        ("minDisk=", "Invalid minDisk filter []"),
        ("limit=-1", None),
        ("sort_key=colour", None),
        ("sort_dir=up", None),
    ],
)
def test_bad_queries(project: Project, query: str, wrong: str | None):
    refused = project.compute.get(f"/flavors?{query}")
    assert refused.status_code == 400
    assert wrong is None or message(refused) == wrong


def test_disk_and_name_filters(project: Project, new_flavor: NewFlavor):
    big = new_flavor(disk=90000)["name"]
    assert names(project.compute.get("/flavors?minDisk=90000")) == [big]
    assert names(project.compute_at("2.102").get(f"/flavors?name=^{big}$")) == [big]
    assert len(names(project.compute_at("2.74").get(f"/flavors?name=^{big}$"))) > 1
    assert project.compute_at("2.75").get(f"/flavors?name=^{big}$").status_code == 400


def test_each_edge_from_both_sides(project: Project):
    def keys(version: str) -> set[str]:
        return set(project.compute_at(version).get("/flavors/1").json()["flavor"])

    assert keys("2.55") - keys("2.54") == {"description"}
    assert keys("2.61") - keys("2.60") == {"extra_specs"}
    assert keys("2.101") - keys("2.102") == {"rxtx_factor", "OS-FLV-DISABLED:disabled"}
    swap = [project.compute_at(one).get("/flavors/1").json()["flavor"]["swap"] for one in ("2.74", "2.75")]
    assert swap == ["", 0]
    assert project.compute_at("2.101").get("/flavors/1?colour=red").status_code == 200
    assert project.compute_at("2.102").get("/flavors/1?colour=red").status_code == 400
    assert project.compute_at("2.101").get("/flavors?sort_key=rxtx_factor").status_code == 200
    assert project.compute_at("2.102").get("/flavors?sort_key=rxtx_factor").status_code == 400


def test_made_as_recorded_and_refused_twice(cloud: Cloud, new_flavor: NewFlavor):
    wanted = {"name": "gflav", "ram": 64, "vcpus": 1, "disk": 0, "id": "gf1"}
    made = new_flavor(**wanted)
    expected = answer("nova-038")["flavor"]
    assert {**made, "links": None} == {**expected, "links": None}
    again = cloud.admin.compute.post("/flavors", json={"flavor": wanted})
    assert (again.status_code, again.json()) == (409, answer("nova-039"))
    namesake = cloud.admin.compute.post("/flavors", json={"flavor": {**wanted, "id": "gf2"}})
    assert (namesake.status_code, message(namesake)) == (409, "Flavor with name gflav already exists.")


def test_everything_that_can_be_said_is_shown_again(cloud: Cloud, new_flavor: NewFlavor):
    wanted: Json = {
        "name": "A Flavor (large)",
        "id": 4711,
        "ram": "128",
        "vcpus": 3,
        "disk": 7,
        "OS-FLV-EXT-DATA:ephemeral": 2,
        "swap": "512",
        "rxtx_factor": 1.5,
        "os-flavor-access:is_public": "True",
    }
    made = new_flavor(**wanted)
    assert made["id"] == "4711"
    shown = cloud.admin.compute.get("/flavors/4711").json()["flavor"]
    assert shown == made
    numbers = {**wanted, "id": "4711", "ram": 128, "swap": 512, "os-flavor-access:is_public": True}
    assert {key: shown[key] for key in numbers} == numbers


def test_kubectl_users_see_an_instancetype(cloud: Cloud, new_flavor: NewFlavor):
    made = new_flavor(name="m9.test", ram=96)
    manifest = cloud.kube.get(f"{INSTANCETYPES}/m9.test").json()
    assert manifest["spec"] == {"cpu": {"guest": 1}, "memory": {"guest": "96Mi"}}
    assert manifest["metadata"]["annotations"]["flavor.dicot.io/id"] == made["id"]


def test_what_kubectl_makes_is_a_flavor(cloud: Cloud, project: Project):
    name = f"u1-{secrets.token_hex(4)}"
    body = {
        "apiVersion": "instancetype.kubevirt.io/v1beta1",
        "kind": "VirtualMachineClusterInstancetype",
        "metadata": {"name": name},
        "spec": {"cpu": {"guest": 2}, "memory": {"guest": "1Gi"}, "ioThreadsPolicy": "auto"},
    }
    cloud.kube.post(INSTANCETYPES, json=body).raise_for_status()
    answered = wait_for(lambda: _ok(project.compute.get(f"/flavors/{name}")), "the flavor")
    flavor = answered.json()["flavor"]
    assert (flavor["name"], flavor["ram"], flavor["vcpus"], flavor["disk"]) == (name, 1024, 2, 0)
    specs = {"extra_specs": {"hw:cpu_policy": "dedicated"}}
    assert cloud.admin.compute.post(f"/flavors/{name}/os-extra_specs", json=specs).status_code == 200
    spec = cloud.kube.get(f"{INSTANCETYPES}/{name}").json()["spec"]
    assert spec["cpu"] == {"guest": 2, "dedicatedCPUPlacement": True}
    assert spec["ioThreadsPolicy"] == "auto"
    assert cloud.admin.compute.delete(f"/flavors/{name}").status_code == 202
    assert project.compute.get(f"/flavors/{name}").status_code == 404


def _ok(response: httpx2.Response) -> httpx2.Response | None:
    return response if response.status_code == 200 else None


def test_description_since_2_55(cloud: Cloud, new_flavor: NewFlavor):
    flavor = new_flavor()["id"]
    body = {"flavor": {"description": "for tests"}}
    assert cloud.admin.compute_at("2.54").put(f"/flavors/{flavor}", json=body).status_code == 404
    changed = cloud.admin.compute_at("2.55").put(f"/flavors/{flavor}", json=body)
    assert (changed.status_code, changed.json()["flavor"]["description"]) == (200, "for tests")
    assert "description" not in cloud.admin.compute.get(f"/flavors/{flavor}").json()["flavor"]
    body["flavor"]["description"] = None  # type: ignore[assignment]
    cleared = cloud.admin.compute_at("2.55").put(f"/flavors/{flavor}", json=body)
    assert cleared.json()["flavor"]["description"] is None
    wanted = {"name": "x", "ram": 1, "vcpus": 1, "disk": 0, "description": "d"}
    assert cloud.admin.compute_at("2.54").post("/flavors", json={"flavor": wanted}).status_code == 400
    assert cloud.admin.compute_at("2.55").put("/flavors/nosuch", json=body).status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"ram": -1},
        {"ram": 0},
        {"ram": "x"},
        {"ram": 2**31},
        {"vcpus": 0},
        {"disk": -1},
        {"name": ""},
        {"name": "x" * 256},
        {"id": " x"},
        {"id": ""},
        {"id": True},
        {"rxtx_factor": 0},
        {"swap": -5},
        {"colour": "red"},
        {"os-flavor-access:is_public": "maybe"},
    ],
)
def test_bad_flavors_leave_nothing_behind(cloud: Cloud, wrong: Json):
    before = cloud.kube.get(INSTANCETYPES).json()["items"]
    flavor = {"name": "zz-wrong", "ram": 1, "vcpus": 1, "disk": 0, **wrong}
    assert cloud.admin.compute.post("/flavors", json={"flavor": flavor}).status_code == 400
    assert len(cloud.kube.get(INSTANCETYPES).json()["items"]) == len(before)


def test_bad_ram_in_novas_words(cloud: Cloud):
    exchange = recorded("nova-040")
    refused = cloud.admin.compute.post("/flavors", json=exchange["request"]["body"])
    assert (refused.status_code, refused.json()) == (400, exchange["response"]["body"])


def test_only_administrators_manage_flavors(project: Project):
    refused = project.compute.post("/flavors", json=recorded("nova-041")["request"]["body"])
    assert (refused.status_code, refused.json()) == (403, answer("nova-041"))
    assert project.compute.delete("/flavors/1").status_code == 403
    assert project.compute_at("2.55").put("/flavors/1", json={"flavor": {"description": ""}}).status_code == 403


def test_no_token(anonymous: httpx2.Client):
    assert anonymous.get("/compute/v2.1/flavors").status_code == 401
