"""Extra specs of flavors over HTTP, and what they mean to KubeVirt."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.conftest import NewFlavor
from tests.compute.recorded import answer, message

Json = dict[str, Any]


def test_added_shown_changed_deleted(cloud: Cloud, project: Project, new_flavor: NewFlavor):
    path = f"/flavors/{new_flavor()['id']}/os-extra_specs"
    admin = cloud.admin.compute
    body = {"extra_specs": {"hw:cpu_policy": "shared", "my:number": 5}}
    assert admin.post(path, json=body).json() == body
    assert project.compute.get(path).json() == {"extra_specs": {"hw:cpu_policy": "shared", "my:number": "5"}}
    assert project.compute.get(f"{path}/my:number").json() == {"my:number": "5"}
    assert admin.put(f"{path}/my:number", json={"my:number": "6"}).json() == {"my:number": "6"}
    mismatch = admin.put(f"{path}/my:number", json={"other": "6"})
    assert (mismatch.status_code, message(mismatch)) == (400, "Request body and URI mismatch")
    gone = admin.delete(f"{path}/my:number")
    assert (gone.status_code, gone.content) == (200, b"")
    assert project.compute.get(path).json() == {"extra_specs": {"hw:cpu_policy": "shared"}}
    for response in (admin.delete(f"{path}/my:number"), project.compute.get(f"{path}/my:number")):
        assert response.status_code == 404
        assert message(response).endswith("has no extra specs with key my:number.")


def test_the_flavor_shows_them_since_2_61(cloud: Cloud, new_flavor: NewFlavor):
    flavor = new_flavor()["id"]
    cloud.admin.compute.post(f"/flavors/{flavor}/os-extra_specs", json={"extra_specs": {"a": "b"}})
    shown = cloud.admin.compute_at("2.61").get(f"/flavors/{flavor}").json()["flavor"]
    assert shown["extra_specs"] == {"a": "b"}


@pytest.mark.parametrize(
    "specs",
    [
        {"hw:cpu_policy": "bogus"},
        {"hw:colour": "red"},
        {"hw:numa_nodes": "0"},
        {"hw:numa_nodes": "x"},
        {"hw_rng:allowed": "perhaps"},
        {"hw:mem_page_size": "huge"},
        {"trait:HW_CPU_X86_AVX": "maybe"},
    ],
)
def test_values_are_checked_since_2_86(cloud: Cloud, new_flavor: NewFlavor, specs: Json):
    path = f"/flavors/{new_flavor()['id']}/os-extra_specs"
    refused = cloud.admin.compute_at("2.86").post(path, json={"extra_specs": specs})
    assert refused.status_code == 400
    assert message(refused).startswith("Validation failed; ")
    assert cloud.admin.compute.get(path).json() == {"extra_specs": {}}
    assert cloud.admin.compute_at("2.85").post(path, json={"extra_specs": specs}).status_code == 200


def test_bad_value_in_novas_words(cloud: Cloud, new_flavor: NewFlavor):
    path = f"/flavors/{new_flavor()['id']}/os-extra_specs"
    refused = cloud.admin.compute_at("2.86").post(path, json={"extra_specs": {"hw:cpu_policy": "bogus"}})
    assert refused.json() == answer("nova-043")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"extra_specs": None},
        {"extra_specs": {"a": None}},
        {"extra_specs": {"a": "x" * 256}},
        {"extra_specs": {"a": 10**300}},
        {"extra_specs": {"ä": "x"}},
        {"extra_specs": {}, "more": 1},
    ],
)
def test_bad_bodies(cloud: Cloud, new_flavor: NewFlavor, body: Json):
    path = f"/flavors/{new_flavor()['id']}/os-extra_specs"
    assert cloud.admin.compute.post(path, json=body).status_code == 400


def test_only_administrators_change_them(project: Project):
    path = "/flavors/1/os-extra_specs"
    assert project.compute.get(path).status_code == 200
    assert project.compute.post(path, json={"extra_specs": {"a": "b"}}).status_code == 403
    assert project.compute.put(f"{path}/a", json={"a": "b"}).status_code == 403
    assert project.compute.delete(f"{path}/a").status_code == 403
    assert project.compute.get("/flavors/nosuch/os-extra_specs").status_code == 404
