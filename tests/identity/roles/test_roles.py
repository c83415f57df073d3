"""Roles over HTTP, and what bindings mean as roles."""

import secrets

import pytest

from dicot.identity import grants
from tests.cloud import Cloud, Project
from tests.identity.people import issue, new_user, password_of, refusal


def test_the_roles(cloud: Cloud):
    roles = cloud.admin.identity.get("/roles").json()["roles"]
    assert {role["name"] for role in roles} >= {"admin", "manager", "member", "reader", "service"}
    (member,) = cloud.admin.identity.get("/roles?name=member").json()["roles"]
    assert member == {
        "id": member["id"],
        "name": "member",
        "domain_id": None,
        "description": None,
        "options": {"immutable": True},
        "links": {"self": f"{cloud.url}/identity/v3/roles/{member['id']}"},
    }
    assert cloud.admin.identity.get(f"/roles/{member['id']}").json() == {"role": member}
    assert refusal(cloud.admin.identity.get("/roles/x")) == (404, "Could not find role: x.")


def test_built_in_roles_cannot_be_changed(cloud: Cloud):
    assert refusal(cloud.admin.identity.post("/roles", json={"role": {"name": "member"}}))[0] == 409
    path = f"/roles/{grants.role_id('member')}"
    assert "immutable" in refusal(cloud.admin.identity.patch(path, json={"role": {"name": "x"}}))[1]
    assert refusal(cloud.admin.identity.delete(path))[0] == 403


def test_the_built_in_rules(cloud: Cloud):
    inferences = cloud.admin.identity.get("/role_inferences").json()["role_inferences"]
    implied = {one["prior_role"]["name"]: {role["name"] for role in one["implies"]} for one in inferences}
    assert implied == {"admin": {"manager"}, "manager": {"member"}, "member": {"reader"}}
    path = f"/roles/{grants.role_id('member')}/implies"
    assert cloud.admin.identity.get(f"{path}/{grants.role_id('reader')}").status_code == 200
    assert cloud.admin.identity.head(f"{path}/{grants.role_id('reader')}").status_code == 204
    assert refusal(cloud.admin.identity.get(f"{path}/{grants.role_id('admin')}"))[0] == 404
    for change in (cloud.admin.identity.put, cloud.admin.identity.delete):
        status, message = refusal(change(f"{path}/{grants.role_id('reader')}"))
        assert status == 403
        assert "Role member" in message


@pytest.fixture
def creator(cloud: Cloud):
    """A role that Kubernetes gives no right to."""
    body = {"role": {"name": f"creator-{secrets.token_hex(3)}", "description": "of secrets", "colour": "red"}}
    made = cloud.admin.identity.post("/roles", json=body)
    assert made.status_code == 201, made.text
    yield made.json()["role"]
    cloud.admin.identity.delete(f"/roles/{made.json()['role']['id']}")


def test_a_role_is_made_renamed_and_deleted(cloud: Cloud, creator):
    admin, path = cloud.admin.identity, f"/roles/{creator['id']}"
    assert creator["domain_id"] is None
    assert (creator["description"], creator["colour"], creator["options"]) == ("of secrets", "red", {})
    assert admin.get(path).json()["role"] == creator
    assert refusal(admin.post("/roles", json={"role": {"name": creator["name"]}}))[0] == 409
    renamed = admin.patch(path, json={"role": {"name": f"{creator['name']}-2"}}).json()["role"]
    assert admin.get("/roles", params={"name": renamed["name"]}).json()["roles"] == [renamed]
    assert admin.patch(path, json={"role": {"options": {"immutable": True}}}).status_code == 200
    assert "immutable" in refusal(admin.patch(path, json={"role": {"name": "x"}}))[1]
    assert "immutable" in refusal(admin.delete(path))[1]
    assert admin.patch(path, json={"role": {"options": {"immutable": False}}}).status_code == 200
    assert admin.delete(path).status_code == 204
    assert refusal(admin.get(path))[0] == 404


def test_a_role_that_was_made_stands_in_tokens_and_gives_no_right(cloud: Cloud, project: Project, creator):
    user = new_user(cloud)
    grant = f"/projects/{project.project_id}/users/{user['id']}/roles/{creator['id']}"
    assert cloud.admin.identity.put(grant).status_code == 204
    scope = {"project": {"id": project.project_id}}
    answer = issue(cloud.url, password_of(user["id"], user["password"]), scope)
    assert answer.json()["token"]["roles"] == [{"id": creator["id"], "name": creator["name"]}]
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert project.compute.get("/servers", headers=headers).status_code == 403
    assigned = cloud.admin.identity.get("/role_assignments", params={"user.id": user["id"], "include_names": ""})
    (one,) = assigned.json()["role_assignments"]
    assert one["role"] == {"id": creator["id"], "name": creator["name"]}
    assert cloud.admin.identity.delete(f"/roles/{creator['id']}").status_code == 204
    assert project.compute.get("/servers", headers=headers).status_code == 401, "the role is gone, and all they had"
    cloud.admin.identity.delete(f"/users/{user['id']}")


def test_on_a_domain(cloud: Cloud, creator):
    user = new_user(cloud)
    grant = f"/domains/default/users/{user['id']}/roles/{creator['id']}"
    assert cloud.admin.identity.put(grant).status_code == 204
    assert cloud.admin.identity.head(grant).status_code == 204
    answer = issue(cloud.url, password_of(user["id"], user["password"]), {"domain": {"id": "default"}})
    assert [role["id"] for role in answer.json()["token"]["roles"]] == [creator["id"]]
    cloud.admin.identity.delete(f"/users/{user['id']}")


def test_one_role_implies_another(cloud: Cloud, project: Project, creator):
    admin = cloud.admin.identity
    other = admin.post("/roles", json={"role": {"name": f"auditor-{secrets.token_hex(3)}"}}).json()["role"]
    path = f"/roles/{creator['id']}/implies/{other['id']}"
    assert refusal(admin.get(path))[0] == 404
    made = admin.put(path)
    assert made.status_code == 201
    assert made.json()["role_inference"]["implies"]["id"] == other["id"]
    assert admin.head(path).status_code == 204
    assert refusal(admin.put(f"/roles/{other['id']}/implies/{creator['id']}"))[0] == 403, "no circles"
    grant = f"/projects/{project.project_id}/users/{project.user_id}/roles/{creator['id']}"
    assert admin.put(grant).status_code == 204
    query = {"user.id": project.user_id, "effective": ""}
    effective = {one["role"]["id"] for one in admin.get("/role_assignments", params=query).json()["role_assignments"]}
    assert {creator["id"], other["id"]} <= effective
    assert admin.delete(path).status_code == 204
    assert refusal(admin.delete(path))[0] == 404
    admin.delete(f"/roles/{other['id']}")


def test_roles_of_domains_are_refused_by_name(cloud: Cloud):
    status, message = refusal(cloud.admin.identity.post("/roles", json={"role": {"name": "x", "domain_id": "default"}}))
    assert status == 403
    assert "domain_id" in message


def test_a_member_may_not_list_roles(project: Project):
    assert refusal(project.identity.get("/roles"))[0] == 403


def binding(role: str, *subjects, kind: str = "ClusterRole", **metadata):
    return {
        "metadata": {"name": "b", "namespace": "ns", **metadata},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
        "subjects": list(subjects),
    }


@pytest.mark.parametrize(
    ("role", "means"),
    [
        ("dicot:reader", "reader"),
        ("dicot:admin", "admin"),
        ("view", "reader"),
        ("edit", "member"),
        ("admin", "manager"),
        ("cluster-admin", "admin"),
        ("kubevirt.io:migrate", None),
        ("dicot:domain:admin", None),
    ],
)
def test_what_a_binding_means(role, means):
    assert grants.role_of(binding(role)) == means


def test_a_role_of_a_namespace_means_nothing():
    assert grants.role_of(binding("admin", kind="Role")) is None


def test_a_serviceaccount_is_the_user_that_it_is():
    made = binding("edit", {"kind": "ServiceAccount", "name": "a"}, {"kind": "Group", "name": "g"})
    assert grants.by_place(made) == ["ns/User:system:serviceaccount:ns:a", "ns/Group:g"]
    assert grants.by_subject(made) == ["User:system:serviceaccount:ns:a", "Group:g"]


def test_a_binding_without_subjects_is_filed_nowhere():
    made = binding("edit")
    del made["subjects"]
    assert grants.by_place(made) == []


def test_a_role_on_a_domain():
    made = binding("dicot:domain:reader", labels={"dicot.io/domain-id": "default"})
    assert grants.domain_role_of(made) == ("default", "reader")
    assert grants.domain_role_of(binding("dicot:domain:reader")) is None
    assert grants.domain_role_of(binding("dicot:domain:owner", labels={"dicot.io/domain-id": "default"})) is None
