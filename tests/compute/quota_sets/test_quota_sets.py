"""Quota sets over HTTP, the ResourceQuota behind them, and that they hold."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, recorded, shape

Json = dict[str, Any]


def quotas(project: Project) -> list[Json]:
    return [one for one in project.objects("/api/v1/resourcequotas") if one["metadata"]["name"] == "dicot-compute"]


@pytest.mark.parametrize("number", ["065", "066", "067", "068", "069", "070"])
def test_shown_as_recorded(project: Project, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"]["OpenStack-API-Version"].split()[1]
    suffix = exchange["request"]["path"].split("/")[4:]
    shown = project.compute_at(version).get("/".join(["/os-quota-sets", project.project_id, *suffix]))
    assert shown.status_code == 200
    assert shape(shown.json()) == shape(exchange["response"]["body"])
    assert shown.json()["quota_set"]["id"] == project.project_id


def test_limits_become_a_resource_quota(cloud: Cloud, project: Project):
    path = f"/os-quota-sets/{project.project_id}"
    admin = cloud.admin.compute_at("2.57")
    body = {"quota_set": {"instances": 20, "cores": "40", "ram": 1024, "key_pairs": 100}}
    changed = admin.put(path, json=body)
    assert changed.status_code == 200
    assert shape(changed.json()) == shape(answer("nova-103"))
    shown = project.compute_at("2.57").get(path).json()["quota_set"]
    assert (shown["instances"], shown["cores"], shown["ram"]) == (20, 40, 1024)
    (quota,) = quotas(project)
    assert quota["spec"]["hard"] == {"count/virtualmachines.kubevirt.io": "20"}
    assert quota["metadata"]["annotations"]["quota.dicot.io/cores"] == "40"
    assert admin.put(path, json={"quota_set": {"instances": -1}}).json()["quota_set"]["instances"] == -1
    assert admin.delete(path).status_code == 202
    assert quotas(project) == []
    assert project.compute_at("2.57").get(path).json()["quota_set"]["cores"] == -1


def test_a_server_over_the_quota_is_refused_in_novas_words(cloud: Cloud, project: Project):
    body = {"quota_set": {"instances": 0, "ram": 100}}
    cloud.admin.compute_at("2.57").put(f"/os-quota-sets/{project.project_id}", json=body)
    server = {"name": "much", "flavorRef": "1", "imageRef": "", "networks": "none"}
    server["block_device_mapping_v2"] = [  # type: ignore[assignment]
        {"boot_index": 0, "source_type": "blank", "destination_type": "volume", "volume_size": 1}
    ]
    refused = project.compute_at("2.67").post("/servers", json={"server": server})
    assert refused.status_code == 403, refused.text
    assert (
        message(refused)
        == "Quota exceeded for instances, ram: Requested 1, 512, but already used 0, 0 of 0, 100 instances, ram"
    )
    assert project.objects("/apis/kubevirt.io/v1/virtualmachines") == []


@pytest.mark.parametrize(
    "limits",
    [{"bogus": 20}, {"instances": "many"}, {"instances": -2}, {"key_pairs": 7}, {"cores": 2**31}, {"force": "maybe"}],
)
def test_bad_limits_change_nothing(cloud: Cloud, project: Project, limits: Json):
    refused = cloud.admin.compute_at("2.57").put(f"/os-quota-sets/{project.project_id}", json={"quota_set": limits})
    assert refused.status_code == 400
    assert quotas(project) == []


def test_unknown_limit_in_novas_words(cloud: Cloud, project: Project):
    refused = cloud.admin.compute.put(f"/os-quota-sets/{project.project_id}", json={"quota_set": {"bogus": 20}})
    assert refused.json() == answer("nova-104")


def test_old_limits_of_networks_are_accepted_as_they_are(cloud: Cloud, project: Project):
    path = f"/os-quota-sets/{project.project_id}"
    assert cloud.admin.compute.put(path, json={"quota_set": {"floating_ips": -1}}).status_code == 200
    assert cloud.admin.compute.put(path, json={"quota_set": {"floating_ips": 5}}).status_code == 400
    assert cloud.admin.compute_at("2.36").put(path, json={"quota_set": {"floating_ips": -1}}).status_code == 400


def test_whose_quotas(cloud: Cloud, project: Project, other_project: Project):
    path = f"/os-quota-sets/{project.project_id}"
    refused = project.compute.put(path, json={"quota_set": {"instances": 1}})
    assert (refused.status_code, refused.json()) == (403, answer("nova-071"))
    assert project.compute.delete(path).status_code == 403
    assert other_project.compute.get(path).status_code == 403
    assert other_project.compute.get(f"{path}/detail").status_code == 403
    assert cloud.admin.compute.get(path).status_code == 200
    lost = cloud.admin.compute.get("/os-quota-sets/nosuch")
    assert (lost.status_code, message(lost)) == (400, "Project ID nosuch is not a valid project.")
    assert project.compute_at("2.75").get(f"{path}?colour=red").status_code == 400
