"""Quota classes over HTTP: defaults for every project without its own limits, and that they hold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import message

Json = dict[str, Any]
PATH = "/os-quota-class-sets/default"
KEPT = "/api/v1/namespaces/dicot-system/resourcequotas/dicot-compute-defaults"
OLD = {
    *("cores", "fixed_ips", "floating_ips", "id", "injected_file_content_bytes", "injected_file_path_bytes"),
    *("injected_files", "instances", "key_pairs", "metadata_items", "ram", "security_groups", "security_group_rules"),
}
NEW = {"id", "cores", "instances", "key_pairs", "metadata_items", "ram", "server_groups", "server_group_members"}


@pytest.fixture
def clean(cloud: Cloud) -> Iterator[Cloud]:
    """The cloud, without defaults afterwards."""
    yield cloud
    none = dict.fromkeys(("instances", "cores", "ram", "server_groups", "server_group_members"), -1)
    put = cloud.admin.compute_at("2.104").put(PATH, json={"quota_class_set": none})
    assert put.status_code == 200, put.text


def limits(project: Project) -> Json:
    return project.compute_at("2.104").get(f"/os-quota-sets/{project.project_id}").json()["quota_set"]


def test_defaults_limit_projects_without_their_own(clean: Cloud, project: Project, other_project: Project):
    own = clean.admin.compute_at("2.104")
    own.put(f"/os-quota-sets/{other_project.project_id}", json={"quota_set": {"cores": -1, "instances": -1}})
    changed = own.put(PATH, json={"quota_class_set": {"cores": 8, "instances": "0", "server_groups": 0}})
    assert changed.status_code == 200, changed.text
    assert changed.json()["quota_class_set"].keys() == NEW - {"id"}
    notes = clean.kube.get(KEPT).json()["metadata"]["annotations"]
    assert notes == {"quota.dicot.io/cores": "8", "quota.dicot.io/instances": "0", "quota.dicot.io/server_groups": "0"}
    assert (limits(project)["cores"], limits(project)["instances"]) == (8, 0)
    assert (limits(other_project)["cores"], limits(other_project)["instances"]) == (-1, -1)
    told = own.get(f"/os-quota-sets/{project.project_id}/defaults").json()["quota_set"]
    assert (told["cores"], told["instances"], told["ram"]) == (8, 0, -1)
    assert project.compute.get("/limits").json()["limits"]["absolute"]["maxTotalCores"] == 8


def test_a_default_holds_and_names_what_is_over_it(clean: Cloud, project: Project):
    admin = clean.admin.compute_at("2.104")
    admin.put(PATH, json={"quota_class_set": {"instances": 0, "server_groups": 0}})
    image = project.image.get("/images?visibility=public").json()["images"][0]["id"]
    server = {"name": "much", "flavorRef": "1", "imageRef": image, "networks": "none"}
    refused = project.compute_at("2.67").post("/servers", json={"server": server})
    assert (refused.status_code, message(refused)) == (
        403, "Quota exceeded for instances: Requested 1, but already used 0 of 0 instances",
    )  # fmt: skip
    group = {"server_group": {"name": "g", "policy": "affinity"}}
    assert project.compute_at("2.64").post("/os-server-groups", json=group).status_code == 403
    own = {"quota_set": {"instances": 5, "server_groups": -1}}
    assert admin.put(f"/os-quota-sets/{project.project_id}", json=own).status_code == 200
    assert project.compute_at("2.64").post("/os-server-groups", json=group).status_code == 200
    assert project.compute_at("2.67").post("/servers", json={"server": server}).status_code == 202


@pytest.mark.parametrize(
    ("version", "keys"),
    [
        ("2.1", OLD),
        ("2.49", OLD),
        ("2.50", NEW | {"injected_files", "injected_file_content_bytes", "injected_file_path_bytes"}),
        ("2.57", NEW),
        ("2.104", NEW),
    ],
)
def test_what_each_version_shows(cloud: Cloud, version: str, keys: set[str]):
    for name in ("default", "gold"):
        shown = cloud.admin.compute_at(version).get(f"/os-quota-class-sets/{name}").json()["quota_class_set"]
        assert (shown.keys(), shown["id"]) == (keys, name)


def test_what_each_version_takes(cloud: Cloud):
    for version, name, value, status in (
        ("2.49", "fixed_ips", -1, 200), ("2.50", "fixed_ips", -1, 400), ("2.49", "fixed_ips", 5, 400),
        ("2.56", "injected_files", 5, 200), ("2.57", "injected_files", 5, 400),
        ("2.49", "key_pairs", 100, 200), ("2.104", "key_pairs", 7, 400), ("2.104", "force", True, 400),
        ("2.104", "cores", -2, 400), ("2.104", "cores", "many", 400),
    ):  # fmt: skip
        put = cloud.admin.compute_at(version).put(PATH, json={"quota_class_set": {name: value}})
        assert put.status_code == status, (version, name, put.text)
    assert cloud.admin.compute_at("2.101").get(f"{PATH}?colour=red").status_code == 200
    assert cloud.admin.compute_at("2.102").get(f"{PATH}?colour=red").status_code == 400


def test_other_classes_are_refused_by_name(cloud: Cloud, project: Project):
    refused = cloud.admin.compute.put("/os-quota-class-sets/gold", json={"quota_class_set": {"cores": 5}})
    assert (refused.status_code, message(refused)) == (
        400, "Quota class gold is not supported: projects have the limits of the class default.",
    )  # fmt: skip
    assert cloud.kube.get(KEPT).json().get("metadata", {}).get("annotations", {}).get("quota.dicot.io/cores") is None
    long = cloud.admin.compute.put(f"/os-quota-class-sets/{'x' * 256}", json={"quota_class_set": {"cores": 5}})
    assert long.status_code == 400


def test_only_for_administrators(project: Project):
    assert project.compute.get(PATH).status_code == 403
    refused = project.compute.put(PATH, json={"quota_class_set": {"cores": 5}})
    assert message(refused) == "Policy doesn't allow os_compute_api:os-quota-class-sets:update to be performed."
