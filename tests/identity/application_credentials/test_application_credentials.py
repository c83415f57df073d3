"""Application credentials over HTTP: a second way to log in, never with more than the user has."""

import secrets
import time
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import issue, refusal, rescope, role_id


def create(project: Project, **attributes) -> httpx2.Response:
    body = {"name": f"ac-{secrets.token_hex(4)}", **attributes}
    path = f"/users/{project.user_id}/application_credentials"
    return project.identity.post(path, json={"application_credential": body})


def made(project: Project, **attributes):
    answer = create(project, **attributes)
    assert answer.status_code == 201, answer.text
    return answer.json()["application_credential"]


def use(cloud: Cloud, credential, secret: str | None = None, scope=None) -> httpx2.Response:
    asked = {"id": credential["id"], "secret": secret or credential["secret"]}
    identity = {"methods": ["application_credential"], "application_credential": asked}
    return issue(cloud.url, identity, scope)


def test_create_show_list_delete(cloud: Cloud, project: Project):
    credential = made(project, description="d")
    path = f"/users/{project.user_id}/application_credentials"
    shown = {key: value for key, value in credential.items() if key != "secret"}
    assert shown == {
        "id": credential["id"],
        "name": credential["name"],
        "description": "d",
        "user_id": project.user_id,
        "project_id": project.project_id,
        "system": None,
        "expires_at": None,
        "unrestricted": None,
        "roles": shown["roles"],
        "links": {"self": f"{cloud.url}/identity/v3/application_credentials/{credential['id']}"},
    }
    assert {role["name"] for role in shown["roles"]} == {"member", "reader"}
    assert project.identity.get(f"{path}/{credential['id']}").json() == {"application_credential": shown}
    listed = project.identity.get(path, params={"name": credential["name"]}).json()["application_credentials"]
    assert listed == [shown]
    token = use(cloud, credential).headers["X-Subject-Token"]
    assert project.identity.get("/auth/projects", headers={"X-Auth-Token": token}).status_code == 200
    assert project.identity.delete(f"{path}/{credential['id']}").status_code == 204
    assert project.identity.get("/auth/projects", headers={"X-Auth-Token": token}).status_code == 401
    assert use(cloud, credential).status_code == 401
    sentence = f"Could not find Application Credential: {credential['id']}."
    assert refusal(project.identity.get(f"{path}/{credential['id']}")) == (404, sentence)


def test_its_token(cloud: Cloud, project: Project):
    credential = made(project)
    answer = use(cloud, credential)
    token = answer.json()["token"]
    assert token["methods"] == ["application_credential"]
    assert token["project"]["id"] == project.project_id
    assert token["application_credential"] == {
        "id": credential["id"],
        "name": credential["name"],
        "restricted": True,
    }
    by_name = {
        "name": credential["name"],
        "secret": credential["secret"],
        "user": {"name": project.name, "domain": {"id": "default"}},
    }
    identity = {"methods": ["application_credential"], "application_credential": by_name}
    assert issue(cloud.url, identity).status_code == 201


def test_what_it_may_not_do(cloud: Cloud, project: Project, other_project: Project):
    credential = made(project)
    assert refusal(use(cloud, credential, secret="wrong"))[0] == 401
    assert refusal(use(cloud, {"id": "nosuch", "secret": "x"}))[0] == 401
    assert refusal(use(cloud, credential, scope={"project": {"id": project.project_id}}))[0] == 401
    token = use(cloud, credential).headers["X-Subject-Token"]
    for one in (project, other_project):
        assert refusal(rescope(cloud.url, token, {"project": {"id": one.project_id}}))[0] == 403
    path = f"/users/{project.user_id}/application_credentials"
    body = {"application_credential": {"name": "another"}}
    assert refusal(project.identity.post(path, json=body, headers={"X-Auth-Token": token}))[0] == 403
    free = use(cloud, made(project, unrestricted=True)).headers["X-Subject-Token"]
    assert project.identity.post(path, json=body, headers={"X-Auth-Token": free}).status_code == 201


def test_fewer_roles(cloud: Cloud, project: Project):
    reader = made(project, roles=[{"name": "reader"}])
    answer = use(cloud, reader)
    assert [role["name"] for role in answer.json()["token"]["roles"]] == ["reader"]
    status, message = refusal(create(project, roles=[{"name": "admin"}]))
    assert status == 400
    assert message == "Invalid application credential: Cannot create an application credential with unassigned role"
    assert refusal(create(project, roles=[{"name": "nosuch"}]))[0] == 404


def test_roles_that_the_user_loses_are_lost(cloud: Cloud, project: Project):
    credential = made(project)
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles"
    cloud.admin.identity.put(f"{path}/{role_id(cloud, 'reader')}").raise_for_status()
    assert cloud.admin.identity.delete(f"{path}/{role_id(cloud, 'member')}").status_code == 204
    assert [role["name"] for role in use(cloud, credential).json()["token"]["roles"]] == ["reader"]
    assert cloud.admin.identity.delete(f"{path}/{role_id(cloud, 'reader')}").status_code == 204
    assert use(cloud, credential).status_code == 401


def test_expiry(cloud: Cloud, project: Project):
    soon = datetime.now(UTC) + timedelta(seconds=1.5)
    credential = made(project, expires_at=soon.isoformat())
    answer = use(cloud, credential)
    assert answer.status_code == 201
    token = answer.headers["X-Subject-Token"]
    deadline = time.monotonic() + 10
    while project.identity.get("/auth/projects", headers={"X-Auth-Token": token}).status_code != 401:
        assert time.monotonic() < deadline
    assert datetime.now(UTC) >= soon
    assert use(cloud, credential).status_code == 401
    for bad in ("2001-01-01T00:00:00", "tomorrow"):
        assert refusal(create(project, expires_at=bad))[0] == 400


@pytest.mark.parametrize(
    "attributes",
    [{"name": ""}, {"name": 7}, {"secret": 7}, {"colour": "red"}, {"access_rules": [{"path": "/"}]}, {"system": "all"}],
)
def test_bad_input(project: Project, attributes):
    assert refusal(create(project, **attributes))[0] == 400
    path = f"/users/{project.user_id}/application_credentials"
    assert project.identity.get(path).json()["application_credentials"] == []


def test_one_name_is_given_once(project: Project):
    credential = made(project)
    assert refusal(create(project, name=credential["name"]))[0] == 409


def test_nobody_elses(cloud: Cloud, project: Project, other_project: Project):
    credential = made(project)
    path = f"/users/{project.user_id}/application_credentials"
    for answer in (
        other_project.identity.get(path),
        other_project.identity.get(f"{path}/{credential['id']}"),
        other_project.identity.delete(f"{path}/{credential['id']}"),
        other_project.identity.post(path, json={"application_credential": {"name": "n"}}),
    ):
        assert refusal(answer)[0] == 403
    through_own = f"/users/{other_project.user_id}/application_credentials/{credential['id']}"
    assert refusal(other_project.identity.get(through_own))[0] == 404
    assert refusal(other_project.identity.delete(through_own))[0] == 404
    assert cloud.admin.identity.get(path).status_code == 200
