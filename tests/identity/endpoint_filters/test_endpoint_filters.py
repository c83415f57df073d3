"""Filters of endpoints: there are none, and every project has the whole catalog."""

import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import refusal

ROOT = "/OS-EP-FILTER"


def test_nothing_is_filtered(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    endpoint = admin.get("/endpoints").json()["endpoints"][0]["id"]
    of = f"{ROOT}/projects/{project.project_id}"
    for path, key in (
        (f"{ROOT}/endpoint_groups", "endpoint_groups"),
        (f"{of}/endpoint_groups", "endpoint_groups"),
        (f"{of}/endpoints", "endpoints"),
        (f"{ROOT}/endpoints/{endpoint}/projects", "projects"),
    ):
        assert admin.get(path).json()[key] == [], path
        assert refusal(project.identity.get(path))[0] == 403, path
    said = f"Endpoint {endpoint} not found in project {project.project_id}."
    assert refusal(admin.get(f"{of}/endpoints/{endpoint}")) == (404, said)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/endpoint_groups/x", "Could not find Endpoint Group: x."),
        ("/endpoint_groups/x/endpoints", "Could not find Endpoint Group: x."),
        ("/endpoint_groups/x/projects/y", "Could not find Endpoint Group: x."),
        ("/projects/x/endpoints", "Could not find project: x."),
        ("/endpoints/x/projects", "Could not find endpoint: x."),
    ],
)
def test_what_is_not_there(cloud: Cloud, path: str, said: str):
    assert refusal(cloud.admin.identity.get(f"{ROOT}{path}")) == (404, said)


@pytest.mark.parametrize(
    ("method", "path", "verb"),
    [
        ("POST", "/endpoint_groups", "create_endpoint_group"),
        ("DELETE", "/endpoint_groups/x", "delete_endpoint_group"),
        ("PUT", "/endpoint_groups/x/projects/y", "add_endpoint_group_to_project"),
        ("PUT", "/projects/x/endpoints/y", "add_endpoint_to_project"),
    ],
)
def test_writes_are_refused_by_name(cloud: Cloud, method: str, path: str, verb: str):
    status, message = refusal(cloud.admin.identity.request(method, f"{ROOT}{path}", json={}))
    assert status == 403
    assert f"{verb}. Endpoints are not filtered here" in message
