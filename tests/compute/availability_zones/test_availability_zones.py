"""Availability zones over HTTP: the zones of nodes."""

from __future__ import annotations

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, shape


def test_zones_are_those_of_nodes(cloud: Cloud, project: Project):
    listed = project.compute.get("/os-availability-zone").json()
    assert shape(listed) == shape(answer("nova-062"))
    nodes = cloud.kube.get("/api/v1/nodes").json()["items"]
    zones = {node["metadata"]["labels"]["topology.kubernetes.io/zone"] for node in nodes}
    assert {zone["zoneName"] for zone in listed["availabilityZoneInfo"]} == zones
    assert all(zone["zoneState"]["available"] for zone in listed["availabilityZoneInfo"])


def test_hosts_are_for_administrators(cloud: Cloud, project: Project):
    refused = project.compute.get("/os-availability-zone/detail")
    assert (refused.status_code, refused.json()) == (403, answer("nova-063"))
    (zone, *_) = cloud.admin.compute.get("/os-availability-zone/detail").json()["availabilityZoneInfo"]
    service = next(iter(zone["hosts"].values()))["nova-compute"]
    assert (service["available"], service["active"]) == (True, True)


def test_unknown_query_is_refused_since_2_102(project: Project):
    assert project.compute_at("2.101").get("/os-availability-zone?colour=red").status_code == 200
    assert project.compute_at("2.102").get("/os-availability-zone?colour=red").status_code == 400
