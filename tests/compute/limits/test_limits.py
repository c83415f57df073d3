"""Limits over HTTP, at the versions where they changed."""

from __future__ import annotations

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import recorded, shape


@pytest.mark.parametrize("number", ["014", "015", "016", "017", "018"])
def test_shown_as_recorded(project: Project, number: str):
    exchange = recorded(f"nova-{number}")
    version = exchange["request"]["headers"].get("OpenStack-API-Version", "compute 2.1").split()[1]
    shown = project.compute_at(version).get("/limits")
    assert shape(shown.json()) == shape(exchange["response"]["body"])


def test_of_another_project(cloud: Cloud, project: Project, other_project: Project):
    body = {"quota_set": {"cores": 7}}
    cloud.admin.compute_at("2.57").put(f"/os-quota-sets/{project.project_id}", json=body)
    path = f"/limits?tenant_id={project.project_id}"
    shown = cloud.admin.compute.get(path).json()["limits"]["absolute"]
    assert shown["maxTotalCores"] == 7
    assert other_project.compute.get(path).status_code == 403
    assert project.compute.get(path).json()["limits"]["absolute"]["maxTotalCores"] == 7
    assert project.compute_at("2.75").get("/limits?colour=red").status_code == 400
