"""What one may scope to, over HTTP."""

from tests.cloud import Cloud, Project
from tests.identity.people import issue, password_of, refusal


def test_auth_projects(cloud: Cloud, project: Project):
    answer = project.identity.get("/auth/projects").json()
    assert [one["id"] for one in answer["projects"]] == [project.project_id]
    assert answer["links"]["self"] == f"{cloud.url}/identity/v3/auth/projects"
    unscoped = issue(cloud.url, password_of(project.user_id, project.password), "unscoped")
    headers = {"X-Auth-Token": unscoped.headers["X-Subject-Token"]}
    assert project.identity.get("/auth/projects", headers=headers).json()["projects"] == answer["projects"]


def test_an_administrator_may_scope_to_every_project(cloud: Cloud, project: Project):
    projects = cloud.admin.identity.get("/auth/projects").json()["projects"]
    assert project.project_id in {one["id"] for one in projects}


def test_auth_system_and_domains(cloud: Cloud, project: Project):
    assert project.identity.get("/auth/system").json()["system"] == []
    assert cloud.admin.identity.get("/auth/system").json()["system"] == [{"all": True}]
    assert project.identity.get("/auth/domains").json()["domains"] == []
    assert "default" in {one["id"] for one in cloud.admin.identity.get("/auth/domains").json()["domains"]}


def test_auth_catalog(cloud: Cloud, project: Project):
    answer = project.identity.get("/auth/catalog").json()
    token = project.identity.get("/auth/tokens", headers={"X-Subject-Token": project.token}).json()["token"]
    assert answer["catalog"] == token["catalog"]
    unscoped = issue(cloud.url, password_of(project.user_id, project.password), "unscoped")
    headers = {"X-Auth-Token": unscoped.headers["X-Subject-Token"]}
    assert refusal(project.identity.get("/auth/catalog", headers=headers))[0] == 403


def test_the_projects_of_another_are_not_shown(cloud: Cloud, project: Project, other_project: Project):
    path = f"/users/{other_project.user_id}/projects"
    assert refusal(project.identity.get(path))[0] == 403
    shown = cloud.admin.identity.get(path).json()["projects"]
    assert [one["id"] for one in shown] == [other_project.project_id]
