"""Roles over HTTP, and what bindings mean as roles."""

import pytest

from dicot.identity import grants
from tests.cloud import Cloud, Project
from tests.identity.people import refusal


def test_the_roles(cloud: Cloud):
    roles = cloud.admin.identity.get("/roles").json()["roles"]
    assert {role["name"] for role in roles} == {"admin", "manager", "member", "reader", "service"}
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


def test_roles_cannot_be_made_or_changed(cloud: Cloud):
    status, message = refusal(cloud.admin.identity.post("/roles", json={"role": {"name": "creator"}}))
    assert status == 403
    assert "creator" in message
    assert refusal(cloud.admin.identity.post("/roles", json={"role": {"name": "member"}}))[0] == 409
    path = f"/roles/{grants.role_id('member')}"
    assert "immutable" in refusal(cloud.admin.identity.patch(path, json={"role": {"name": "x"}}))[1]
    assert refusal(cloud.admin.identity.delete(path))[0] == 403


def test_implied_roles(cloud: Cloud):
    inferences = cloud.admin.identity.get("/role_inferences").json()["role_inferences"]
    implied = {one["prior_role"]["name"]: {role["name"] for role in one["implies"]} for one in inferences}
    assert implied == {
        "admin": {"manager", "member", "reader"},
        "manager": {"member", "reader"},
        "member": {"reader"},
    }
    path = f"/roles/{grants.role_id('member')}/implies"
    assert cloud.admin.identity.get(f"{path}/{grants.role_id('reader')}").status_code == 200
    assert refusal(cloud.admin.identity.get(f"{path}/{grants.role_id('admin')}"))[0] == 404


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
