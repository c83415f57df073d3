"""Usage over HTTP."""

from __future__ import annotations

import pytest

from tests.cloud import Cloud, Project
from tests.compute.recorded import answer, message, shape
from tests.compute.servers.conftest import Servers

ROOT = "/os-simple-tenant-usage"


def test_a_servers_usage(cloud: Cloud, project: Project):
    servers = Servers(project)
    made = [servers.make(networks="none")["id"] for _ in range(2)]
    path = f"{ROOT}/{project.project_id}"
    shown = project.compute.get(path)
    assert shape(shown.json()) == shape(answer("nova-257"))
    assert {one["instance_id"] for one in shown.json()["tenant_usage"]["server_usages"]} == set(made)
    page = project.compute_at("2.40").get(f"{path}?limit=1").json()
    assert len(page["tenant_usage"]["server_usages"]) == 1
    last = page["tenant_usage"]["server_usages"][0]["instance_id"]
    assert page["tenant_usage_links"][0]["href"].endswith(f"{path}?limit=1&marker={last}")
    listed = cloud.admin.compute.get(f"{ROOT}?detailed=1").json()["tenant_usages"]
    assert project.project_id in {one["tenant_id"] for one in listed}
    for one in made:
        servers.delete(one)


def test_a_project_without_servers_has_used_nothing(project: Project):
    assert project.compute.get(f"{ROOT}/{project.project_id}").json() == {"tenant_usage": {}}


@pytest.mark.parametrize("query", ["start=yesterday", "start=2026-01-02T00:00:00&end=2026-01-01T00:00:00"])
def test_bad_periods(project: Project, query: str):
    assert project.compute.get(f"{ROOT}/{project.project_id}?{query}").status_code == 400


def test_whose_usage(project: Project, other_project: Project):
    refused = other_project.compute.get(f"{ROOT}/{project.project_id}")
    assert refused.status_code == 403
    assert message(refused) == "Policy doesn't allow os_compute_api:os-simple-tenant-usage:show to be performed."
    assert project.compute.get(ROOT).status_code == 403
