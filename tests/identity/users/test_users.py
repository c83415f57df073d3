"""Users over HTTP, and the objects that hold them."""

import secrets

import pytest

from tests.cloud import Cloud, Project, login
from tests.identity.people import new_user, refusal, role_id


@pytest.fixture
def user(cloud: Cloud):
    made = new_user(cloud, email="a@b.c")
    yield made
    cloud.admin.identity.delete(f"/users/{made['id']}")


def shown(user):
    return {key: value for key, value in user.items() if key != "password"}


def test_create_and_show(cloud: Cloud, user):
    assert shown(user) == {
        "email": "a@b.c",
        "id": user["id"],
        "name": user["name"],
        "domain_id": "default",
        "enabled": True,
        "password_expires_at": None,
        "options": {},
        "links": {"self": f"{cloud.url}/identity/v3/users/{user['id']}"},
    }
    assert cloud.admin.identity.get(f"/users/{user['id']}").json() == {"user": shown(user)}
    assert len(user["id"]) == 32


def test_the_password_is_nowhere_to_be_read(cloud: Cloud, user):
    objects = cloud.kube.get("/apis/identity.dicot.io/v1alpha1/users").text
    hidden = cloud.kube.get("/api/v1/namespaces/dicot-system/secrets").text
    assert user["name"] in objects
    assert user["password"] not in objects + hidden


def test_a_user_without_a_password_cannot_log_in(cloud: Cloud):
    user = new_user(cloud, password=None)
    assert login(cloud.url, user["name"], "", None).status_code == 401
    assert cloud.admin.identity.delete(f"/users/{user['id']}").status_code == 204


def test_one_name_is_given_once(cloud: Cloud, user):
    answer = cloud.admin.identity.post("/users", json={"user": {"name": user["name"]}})
    assert refusal(answer) == (
        409,
        "Conflict occurred attempting to store user - "
        f"Duplicate entry found with name {user['name']} at domain ID default.",
    )


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({}, 400, "'name' is a required property"),
        ({"name": ""}, 400, "should be non-empty"),
        ({"name": "n" * 256}, 400, "is too long"),
        ({"name": "n", "enabled": "no"}, 400, "'no' is not of type 'boolean'"),
        ({"name": "n", "password": 7}, 400, "7 is not of type"),
        ({"name": "n", "domain_id": "nosuch"}, 404, "Could not find domain: nosuch."),
        (
            {"name": "n", "options": {"multi_factor_auth_enabled": True}},
            400,
            "'multi_factor_auth_enabled' was unexpected",
        ),
        ({"name": "n", "federated": [{}]}, 403, "federated"),
    ],
)
def test_bad_input(cloud: Cloud, body, status, sentence):
    before = len(cloud.admin.identity.get("/users").json()["users"])
    got, message = refusal(cloud.admin.identity.post("/users", json={"user": body}))
    assert got == status
    assert sentence in message
    assert len(cloud.admin.identity.get("/users").json()["users"]) == before


def test_update(cloud: Cloud, user):
    name = f"{user['name']}-2"
    answer = cloud.admin.identity.patch(f"/users/{user['id']}", json={"user": {"name": name, "team": "x"}})
    assert answer.status_code == 200
    changed = answer.json()["user"]
    assert changed["extra"] == {"email": "a@b.c", "team": "x"}
    assert changed["name"] == name
    assert login(cloud.url, name, user["password"], None).status_code == 201
    assert login(cloud.url, user["name"], user["password"], None).status_code == 401


def test_a_name_that_was_given_up_can_be_used_again(cloud: Cloud, user):
    cloud.admin.identity.patch(f"/users/{user['id']}", json={"user": {"name": f"{user['name']}-2"}})
    other = new_user(cloud, name=user["name"])
    assert other["id"] != user["id"]
    assert cloud.admin.identity.delete(f"/users/{other['id']}").status_code == 204


def test_an_administrator_sets_a_password(cloud: Cloud, user):
    token = login(cloud.url, user["name"], user["password"], None).headers["X-Subject-Token"]
    cloud.admin.identity.patch(f"/users/{user['id']}", json={"user": {"password": "other"}}).raise_for_status()
    answer = cloud.admin.identity.get("/auth/tokens", headers={"X-Subject-Token": token})
    assert answer.status_code == 404
    assert login(cloud.url, user["name"], user["password"], None).status_code == 401
    assert login(cloud.url, user["name"], "other", None).status_code == 201


def test_a_locked_password_stays(cloud: Cloud, user):
    options = {"options": {"lock_password": True}}
    changed = cloud.admin.identity.patch(f"/users/{user['id']}", json={"user": options}).json()["user"]
    assert changed["options"] == options["options"]
    body = {"user": {"original_password": user["password"], "password": "new"}}
    answer = cloud.admin.identity.post(f"/users/{user['id']}/password", json=body)
    assert refusal(answer)[0] == 400
    assert login(cloud.url, user["name"], user["password"], None).status_code == 201


def test_filters(cloud: Cloud, user):
    def found(**query):
        return {one["id"] for one in cloud.admin.identity.get("/users", params=query).json()["users"]}

    assert found(name=user["name"]) == {user["id"]}
    assert user["id"] in found(enabled="true")
    assert user["id"] not in found(enabled="0")
    assert user["id"] not in found(domain_id="other")


def test_delete_takes_everything_with_it(cloud: Cloud, project: Project, user):
    member = role_id(cloud, "member")
    cloud.admin.identity.put(f"/projects/{project.project_id}/users/{user['id']}/roles/{member}").raise_for_status()
    assert cloud.admin.identity.delete(f"/users/{user['id']}").status_code == 204
    assert refusal(cloud.admin.identity.get(f"/users/{user['id']}")) == (404, f"Could not find user: {user['id']}.")
    bindings = project.objects("/apis/rbac.authorization.k8s.io/v1/rolebindings")
    assert user["id"] not in str(bindings)
    secrets_left = cloud.kube.get("/api/v1/namespaces/dicot-system/secrets").text
    assert user["id"] not in secrets_left


def test_a_member_sees_themselves_only(project: Project, other_project: Project):
    own = project.identity.get(f"/users/{project.user_id}")
    assert own.json()["user"]["name"] == project.name
    for answer in (
        project.identity.get("/users"),
        project.identity.get(f"/users/{other_project.user_id}"),
        project.identity.get("/users/deadbeef"),
        project.identity.post("/users", json={"user": {"name": "n"}}),
        project.identity.patch(f"/users/{project.user_id}", json={"user": {"name": "n"}}),
        project.identity.delete(f"/users/{project.user_id}"),
    ):
        assert refusal(answer)[0] == 403


def test_the_projects_and_groups_of_a_user(cloud: Cloud, project: Project):
    projects = project.identity.get(f"/users/{project.user_id}/projects").json()["projects"]
    assert [one["id"] for one in projects] == [project.project_id]
    group = cloud.admin.identity.post("/groups", json={"group": {"name": secrets.token_hex(4)}}).json()["group"]
    assert cloud.admin.identity.put(f"/groups/{group['id']}/users/{project.user_id}").status_code == 204
    groups = project.identity.get(f"/users/{project.user_id}/groups").json()["groups"]
    assert [one["id"] for one in groups] == [group["id"]]
    assert cloud.admin.identity.delete(f"/groups/{group['id']}").status_code == 204


def test_all_tokens_of_a_user_are_ended(cloud: Cloud, project: Project, other_project: Project):
    path = f"/users/{project.user_id}/tokens"
    assert refusal(other_project.identity.delete(path))[0] == 403
    assert project.compute.get("/servers").status_code == 200
    assert project.identity.delete(path).status_code == 204
    assert project.compute.get("/servers").status_code == 401


def test_passwords_that_expire(cloud: Cloud):
    admin = cloud.admin.identity
    assert admin.get("/users", params={"password_expires_at": "lt:2030-01-01T00:00:00Z"}).json()["users"] == []
    assert refusal(admin.get("/users", params={"password_expires_at": "lt:soon"}))[0] == 400
    assert refusal(admin.get("/users", params={"password_expires_at": "about:2030-01-01T00:00:00Z"}))[0] == 400
