"""The service around volumes: versions, limits, quotas, zones, services, extensions, what is absent."""

from __future__ import annotations

import httpx2
import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.volume.conftest import Storage
from tests.volume.recorded import answer, assert_like, assert_same


def test_versions_are_public(anonymous: httpx2.Client):
    found = anonymous.get("/volume/")
    assert_like("001-root", found)
    (version,) = found.json()["versions"]
    assert (version["min_version"], version["version"]) == ("3.0", "3.71")
    assert version["links"][1]["href"].endswith("/volume/v3/")
    assert_same("002-v3", anonymous.get("/volume/v3/"))
    assert_same("003-noauth-401", anonymous.get("/volume/v3/volumes"))


def test_versions_with_a_token(project: Project):
    assert project.volume.get("/").status_code == 200


def test_microversions(project: Project):
    assert_same("005-bad-microversion-406", project.volume_at("3.999").get("/volumes"))
    told = project.volume_at("latest").get("/volumes")
    assert told.headers["OpenStack-API-Version"] == "volume 3.71"
    assert "OpenStack-API-Version" in told.headers["Vary"]
    assert told.headers["x-compute-request-id"] == told.headers["x-openstack-request-id"]
    assert project.volume.get("/volumes").headers["OpenStack-API-Version"] == "volume 3.0"


def test_a_body_that_is_not_json(project: Project):
    refused = project.volume.post("/volumes", content=b"{", headers={"Content-Type": "application/json"})
    assert refused.status_code == 400
    assert "badRequest" in refused.json()


def test_limits(storage: Storage):
    storage.snapshot(storage.create(size=2)["id"])
    found = storage.api.get("/limits")
    assert_like("040-limits", found)
    absolute = found.json()["limits"]["absolute"]
    assert (absolute["totalVolumesUsed"], absolute["totalSnapshotsUsed"], absolute["totalGigabytesUsed"]) == (1, 1, 4)
    assert absolute["maxTotalVolumes"] == -1


@pytest.fixture
def quotas(cloud: Cloud, project: Project) -> str:
    return f"/os-quota-sets/{project.project_id}"


TYPES = ("_fake1", "__DEFAULT__", "_fast", "_local", "_shared")


def test_quotas(cloud: Cloud, quotas: str):
    api = cloud.admin.volume
    assert_like("041-quota-set", api.get(quotas), ignore=TYPES)
    assert_like("042-quota-set-usage", api.get(quotas, params={"usage": "True"}), ignore=TYPES)
    assert_like("043-quota-set-defaults", api.get(f"{quotas}/defaults"), ignore=TYPES)
    assert_like("044-quota-update", api.put(quotas, json={"quota_set": {"volumes": 50}}), ignore=TYPES)
    assert api.get(quotas).json()["quota_set"]["volumes"] == 50
    assert api.delete(quotas).status_code == 200
    assert api.get(quotas).json()["quota_set"]["volumes"] == -1


def test_quotas_are_kept(cloud: Cloud, storage: Storage, quotas: str):
    api = cloud.admin.volume
    storage.create(size=3)
    limited = api.put(quotas, json={"quota_set": {"gigabytes": 4, "volumes": 2}})
    assert limited.status_code == 200, limited.text
    large = storage.api.post("/volumes", json={"volume": {"size": 5000}})
    assert (large.status_code, large.json()["overLimit"].keys()) == (413, {"code", "message", "retryAfter"})
    recorded = answer("017-volume-create-413-quota")["body"]["overLimit"]["message"]
    assert large.json()["overLimit"]["message"] == recorded.replace("1000G", "4G")
    storage.create(size=1)
    api.put(quotas, json={"quota_set": {"gigabytes": -1}})
    many = storage.api.post("/volumes", json={"volume": {"size": 1}})
    assert many.status_code == 413
    assert "Maximum number of volumes allowed (2) exceeded" in many.json()["overLimit"]["message"]
    assert len(storage.plans()) == 2
    below = api.put(quotas, json={"quota_set": {"volumes": 1}})
    assert below.status_code == 400


def test_quotas_of_kubernetes_count(storage: Storage, cloud: Cloud):
    hard = {"requests.storage": "10Gi", "fast.storageclass.storage.k8s.io/requests.storage": "5Gi"}
    body = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "ours"}, "spec": {"hard": hard}}
    path = f"/api/v1/namespaces/{storage.project.namespace}/resourcequotas"
    assert cloud.kube.post(path, json=body).status_code == 201
    mine = f"/os-quota-sets/{storage.project.project_id}"
    wait_for(lambda: storage.api.get(mine).json()["quota_set"]["gigabytes"] == 10, "the quota")
    assert storage.api.get(mine).json()["quota_set"]["gigabytes_fast"] == 5
    refused = storage.api.post("/volumes", json={"volume": {"size": 6, "volume_type": "fast"}})
    assert refused.status_code == 413
    assert "gigabytes_fast" in refused.json()["overLimit"]["message"]


@pytest.mark.parametrize("quota", [{"volumes": "x"}, {"volumes": -2}, {"colour": 1}, {"backups": 5}])
def test_bad_quotas(cloud: Cloud, quotas: str, quota: dict):
    refused = cloud.admin.volume.put(quotas, json={"quota_set": quota})
    assert refused.status_code == 400, refused.text


def test_quotas_of_others(project: Project, cloud: Cloud, other_project: Project):
    assert project.volume.get(f"/os-quota-sets/{project.project_id}").status_code == 200
    assert project.volume.get(f"/os-quota-sets/{other_project.project_id}").status_code == 403
    assert project.volume.put(f"/os-quota-sets/{project.project_id}", json={"quota_set": {}}).status_code == 403
    assert cloud.admin.volume.get("/os-quota-sets/nobody").status_code == 404


def test_zones_and_extensions(project: Project):
    api = project.volume
    assert_like("046-availability-zones", api.get("/os-availability-zone"))
    zones = [one["zoneName"] for one in api.get("/os-availability-zone").json()["availabilityZoneInfo"]]
    assert zones[0] == "nova"
    assert len(zones) > 1
    assert_like("047-extensions", api.get("/extensions"))


def test_a_volume_in_a_zone(storage: Storage):
    zone = storage.api.get("/os-availability-zone").json()["availabilityZoneInfo"][1]["zoneName"]
    volume = storage.create(availability_zone=zone)
    assert volume["availability_zone"] == zone
    assert storage.create(snapshot_id=storage.snapshot(volume["id"])["id"])["availability_zone"] == zone


def test_what_administrators_see_of_the_storage(project: Project, cloud: Cloud):
    assert project.volume.get("/os-services").status_code == 403
    assert cloud.admin.volume.get("/os-services").json()["services"][0]["binary"] == "cinder-volume"
    assert_same("050-pools-403", project.volume.get("/scheduler-stats/get_pools"))
    pools = cloud.admin.volume.get("/scheduler-stats/get_pools", params={"detail": "true"}).json()["pools"]
    assert {pool["capabilities"]["pool_name"] for pool in pools} >= {"fast", "local"}


def test_what_is_absent(project: Project):
    api, newest = project.volume, project.volume_at("3.71")
    assert_same("052-transfers", newest.get("/volume-transfers"))
    assert_same("053-backups", api.get("/backups"))
    assert api.get("/os-volume-transfer/detail").json() == {"transfers": []}
    assert api.get("/backups/detail").json() == {"backups": []}
    assert newest.get("/messages").json() == {"messages": []}
    assert api.get("/messages").status_code == 404
    assert api.post("/backups", json={"backup": {"volume_id": "x"}}).status_code == 501
    assert newest.post("/volume-transfers", json={"transfer": {"volume_id": "x"}}).status_code == 501
    missing = api.get("/backups/x")
    assert (missing.status_code, missing.json()["itemNotFound"]["message"]) == (404, "Backup x could not be found.")
    assert api.get("/groups").status_code == 404
    assert api.get("/qos-specs").status_code == 404
    filters = {one["resource"] for one in newest.get("/resource_filters").json()["resource_filters"]}
    assert {"volume", "snapshot"} <= filters
