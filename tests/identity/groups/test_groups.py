"""Groups over HTTP: members, and the roles that they share."""

import secrets
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.cloud import Cloud, Project, login
from tests.identity.people import new_user, refusal, role_id


@pytest.fixture
def group(cloud: Cloud):
    answer = cloud.admin.identity.post(
        "/groups", json={"group": {"name": f"g-{secrets.token_hex(4)}", "colour": "red"}}
    )
    assert answer.status_code == 201
    yield answer.json()["group"]
    cloud.admin.identity.delete(f"/groups/{answer.json()['group']['id']}")


@pytest.fixture
def user(cloud: Cloud):
    made = new_user(cloud)
    yield made
    cloud.admin.identity.delete(f"/users/{made['id']}")


def test_create_show_update_delete(cloud: Cloud, group):
    path = f"/groups/{group['id']}"
    assert group == {
        "colour": "red",
        "id": group["id"],
        "name": group["name"],
        "domain_id": "default",
        "description": "",
        "links": {"self": f"{cloud.url}/identity/v3{path}"},
    }
    assert cloud.admin.identity.get(path).json() == {"group": group}
    assert group in cloud.admin.identity.get("/groups", params={"name": group["name"]}).json()["groups"]
    changed = cloud.admin.identity.patch(path, json={"group": {"description": "d"}}).json()["group"]
    assert changed["description"] == "d"
    assert cloud.admin.identity.delete(path).status_code == 204
    assert refusal(cloud.admin.identity.get(path)) == (404, f"Could not find group: {group['id']}.")


def test_bad_input(cloud: Cloud, group):
    for body, status in (({}, 400), ({"name": ""}, 400), ({"name": "x" * 256}, 400), ({"name": group["name"]}, 409)):
        assert refusal(cloud.admin.identity.post("/groups", json={"group": body}))[0] == status


def test_members_share_the_roles_of_the_group(cloud: Cloud, project: Project, group, user):
    member = f"/groups/{group['id']}/users/{user['id']}"
    grant = f"/projects/{project.project_id}/groups/{group['id']}/roles/{role_id(cloud, 'member')}"
    assert cloud.admin.identity.put(grant).status_code == 204
    assert login(cloud.url, user["name"], user["password"], project.name).status_code == 401
    assert refusal(cloud.admin.identity.get(member))[0] == 404
    assert cloud.admin.identity.put(member).status_code == 204
    assert cloud.admin.identity.get(member).status_code == 204
    assert cloud.admin.identity.head(member).status_code == 204
    answer = login(cloud.url, user["name"], user["password"], project.name)
    assert {role["name"] for role in answer.json()["token"]["roles"]} == {"member", "reader"}
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert project.identity.get("/auth/projects", headers=headers).status_code == 200
    users = cloud.admin.identity.get(f"/groups/{group['id']}/users").json()["users"]
    assert [one["id"] for one in users] == [user["id"]]
    assert cloud.admin.identity.delete(member).status_code == 204
    assert project.identity.get("/auth/projects", headers=headers).status_code == 401


def test_a_member_of_the_cloud_may_not_read_groups(project: Project, group):
    for path in ("/groups", f"/groups/{group['id']}", f"/groups/{group['id']}/users"):
        assert refusal(project.identity.get(path))[0] == 403
    assert refusal(project.identity.put(f"/groups/{group['id']}/users/{project.user_id}"))[0] == 403


def test_members_that_join_at_once_all_stay(cloud: Cloud, group):
    users = [new_user(cloud) for _ in range(5)]
    members = f"/groups/{group['id']}/users"
    with ThreadPoolExecutor(len(users)) as pool:
        answers = list(pool.map(lambda user: cloud.admin.identity.put(f"{members}/{user['id']}"), users))
    assert [answer.status_code for answer in answers] == [204] * len(users)
    held = {user["id"] for user in cloud.admin.identity.get(members).json()["users"]}
    assert held == {user["id"] for user in users}
    for user in users:
        cloud.admin.identity.delete(f"/users/{user['id']}")
