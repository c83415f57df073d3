"""Who a narrowed application credential is in Kubernetes, and that nothing is left of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import pytest

from dicot.development import Development
from tests.audited import Heard, listening
from tests.cloud import Cloud, Project, wait_for
from tests.identity.application_credentials.test_application_credentials import made, use
from tests.identity.people import issue, role_id

Json = dict[str, Any]
RBAC = "/apis/rbac.authorization.k8s.io/v1"
VOLUMES = {"service": "volumev3", "method": "POST", "path": "/v3/volumes"}


@pytest.fixture
def heard(development: Development) -> Iterator[Heard]:
    with listening(development) as heard:
        yield heard


def bindings(cloud: Cloud, credential: Json) -> list[tuple[str, str]]:
    """Return (namespace, ClusterRole) of everything that the credential's own user is bound to."""
    name = f"dicot:appcred:{credential['id']}"
    found = [
        one
        for plural in ("rolebindings", "clusterrolebindings")
        for one in cloud.kube.get(f"{RBAC}/{plural}").json()["items"]
        if any(subject["name"] == name for subject in one.get("subjects") or ())
    ]
    assert all(one["metadata"]["ownerReferences"][0]["kind"] == "ApplicationCredential" for one in found)
    return sorted((one["metadata"].get("namespace", ""), one["roleRef"]["name"]) for one in found)


def may(cloud: Cloud, credential: Json, namespace: str, verb: str) -> bool:
    """Ask Kubernetes itself what the credential's own user may do to virtual machines."""
    asked = {"namespace": namespace, "verb": verb, "group": "kubevirt.io", "resource": "virtualmachines"}
    spec = {
        "user": f"dicot:appcred:{credential['id']}",
        "groups": ["system:authenticated"],
        "resourceAttributes": asked,
    }
    body = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    answer = cloud.kube.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", json=body)
    answer.raise_for_status()
    return bool(answer.json()["status"].get("allowed"))


def headers(cloud: Cloud, credential: Json) -> dict[str, str]:
    answer = use(cloud, credential)
    assert answer.status_code == 201, answer.text
    return {"X-Auth-Token": answer.headers["X-Subject-Token"]}


def made_volume(project: Project, mine: dict[str, str]) -> None:
    answer = project.volume_at("3.71").post("/volumes", json={"volume": {"size": 1}}, headers=mine)
    assert answer.status_code == 202, answer.text


def makers(heard: Heard, namespace: str) -> list[Json]:
    """Return who made the claims of a namespace, as the cluster's audit events have it."""
    return [
        one["impersonatedUser"]
        for one in heard
        if one["verb"] == "create"
        and one.get("objectRef", {}).get("resource") in {"persistentvolumeclaims", "datavolumes"}
        and one["objectRef"].get("namespace") == namespace
        and "impersonatedUser" in one
    ]


def grant(cloud: Cloud, project: Project, role: str, method: str = "PUT") -> None:
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, role)}"
    assert cloud.admin.identity.request(method, path).status_code == 204


def test_what_stands_for_all_of_its_user_acts_as_the_user(cloud: Cloud, project: Project, heard: Heard):
    credential = made(project)
    made_volume(project, headers(cloud, credential))
    assert {one["username"] for one in makers(heard, project.namespace)} == {f"dicot:{project.user_id}"}
    assert bindings(cloud, credential) == []


def test_access_rules_make_it_somebody_of_its_own(cloud: Cloud, project: Project, heard: Heard):
    credential = made(project, access_rules=[VOLUMES])
    assert bindings(cloud, credential) == [(project.namespace, "dicot:member"), (project.namespace, "dicot:reader")]
    made_volume(project, headers(cloud, credential))
    (maker, *others) = makers(heard, project.namespace)
    assert maker["username"] == f"dicot:appcred:{credential['id']}"
    assert maker["extra"] == {"dicot.io/user": [project.user_id]}, "the audit log tells whose it is"
    assert all(one == maker for one in others)


def test_fewer_roles_make_it_somebody_of_its_own(cloud: Cloud, project: Project, other_project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    assert bindings(cloud, credential) == [(project.namespace, "dicot:reader")]
    wait_for(lambda: may(cloud, credential, project.namespace, "list"), "the right to read")
    assert not may(cloud, credential, project.namespace, "create")
    assert not may(cloud, credential, other_project.namespace, "list")
    mine = headers(cloud, credential)
    assert project.compute.get("/servers", headers=mine).status_code == 200
    answer = project.volume_at("3.71").post("/volumes", json={"volume": {"size": 1}}, headers=mine)
    assert answer.status_code == 403


def test_it_goes_with_the_credential(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    assert bindings(cloud, credential)
    path = f"/users/{project.user_id}/application_credentials/{credential['id']}"
    assert project.identity.delete(path).status_code == 204
    assert bindings(cloud, credential) == []


def test_it_goes_with_the_user(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    assert bindings(cloud, credential)
    assert cloud.admin.identity.delete(f"/users/{project.user_id}").status_code == 204
    assert bindings(cloud, credential) == []


def test_it_ends_with_the_credentials_time(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}], expires_at="2100-01-01T00:00:00Z")
    objects = "/apis/identity.dicot.io/v1alpha1/applicationcredentials"
    label = {"labelSelector": f"dicot.io/application-credential-id={credential['id']}"}
    name = cloud.kube.get(objects, params=label).json()["items"][0]["metadata"]["name"]
    over = {"spec": {"expiresAt": "2001-01-01T00:00:00.000000Z"}}
    merge = {"Content-Type": "application/merge-patch+json"}
    cloud.kube.patch(f"{objects}/{name}", json=over, headers=merge).raise_for_status()
    wait_for(lambda: bindings(cloud, credential) == [], "the bindings to go")


def test_it_follows_the_roles_of_its_user(cloud: Cloud, project: Project, heard: Heard):
    credential = made(project)
    grant(cloud, project, "manager")
    member = [(project.namespace, "dicot:member"), (project.namespace, "dicot:reader")]
    wait_for(lambda: bindings(cloud, credential) == member, "it to be less than its user")
    mine = headers(cloud, credential)
    wait_for(lambda: may(cloud, credential, project.namespace, "create"), "the right to write")
    made_volume(project, mine)
    assert {one["username"] for one in makers(heard, project.namespace)} == {f"dicot:appcred:{credential['id']}"}
    grant(cloud, project, "manager", "DELETE")
    wait_for(lambda: bindings(cloud, credential) == [], "it to be all of its user again")
    assert project.compute.get("/servers", headers=mine).status_code == 200


def test_a_role_that_the_user_loses_is_taken_from_it(cloud: Cloud, project: Project):
    limited = made(project, access_rules=[VOLUMES])
    grant(cloud, project, "reader")
    grant(cloud, project, "member", "DELETE")
    wait_for(lambda: bindings(cloud, limited) == [(project.namespace, "dicot:reader")], "a reader's binding only")
    answer = project.volume_at("3.71").post("/volumes", json={"volume": {"size": 1}}, headers=headers(cloud, limited))
    assert answer.status_code == 403
    grant(cloud, project, "reader", "DELETE")
    wait_for(lambda: bindings(cloud, limited) == [], "nothing to be left")
    assert use(cloud, limited).status_code == 401


def test_what_kubectl_takes_from_it_is_put_back(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    label = {"labelSelector": f"dicot.io/application-credential-id={credential['id']}"}
    path = f"{RBAC}/namespaces/{project.namespace}/rolebindings"
    (found,) = cloud.kube.get(path, params=label).json()["items"]
    cloud.kube.delete(f"{path}/{found['metadata']['name']}").raise_for_status()

    def again() -> bool:
        items = cloud.kube.get(path, params=label).json()["items"]
        return [one["metadata"]["uid"] for one in items] not in ([], [found["metadata"]["uid"]])

    wait_for(again, "another binding")


def test_what_somebody_else_bound_to_it_stays(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    body = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "more", "ownerReferences": []},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"},
        "subjects": [
            {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"dicot:appcred:{credential['id']}"}
        ],
    }
    path = f"{RBAC}/namespaces/{project.namespace}/rolebindings"
    cloud.kube.post(path, json=body).raise_for_status()
    where = f"/users/{project.user_id}/application_credentials/{credential['id']}"
    assert project.identity.delete(where).status_code == 204
    left = [one["metadata"]["name"] for one in cloud.kube.get(path).json()["items"]]
    assert "more" in left
    assert not [name for name in left if "appcred" in name]


def test_an_administrators_acts_everywhere_within_its_rules(cloud: Cloud):
    """The role of the cloud's administrators is no role of one project: neither is the credential's."""
    own = {"X-Subject-Token": cloud.admin.token}
    admin_id = cloud.admin.identity.get("/auth/tokens", headers=own).json()["token"]["user"]["id"]
    rule = {"service": "compute", "method": "POST", "path": "/v2.1/flavors"}
    wish = {"application_credential": {"name": f"flavors-{secrets.token_hex(4)}", "access_rules": [rule]}}
    path = f"/users/{admin_id}/application_credentials"
    answer = cloud.admin.identity.post(path, json=wish)
    assert answer.status_code == 201, answer.text
    credential = answer.json()["application_credential"]
    assert ("", "dicot:admin") in bindings(cloud, credential)
    mine = headers(cloud, credential)
    flavor = {"name": f"flavor-{secrets.token_hex(4)}", "ram": 512, "vcpus": 1, "disk": 1}
    answer = cloud.admin.compute.post("/flavors", json={"flavor": flavor}, headers=mine)
    assert answer.status_code == 200, answer.text
    assert cloud.admin.compute.get("/servers", headers=mine).status_code == 401
    assert cloud.admin.compute.delete(f"/flavors/{answer.json()['flavor']['id']}").status_code == 202
    assert cloud.admin.identity.delete(f"{path}/{credential['id']}").status_code == 204
    assert bindings(cloud, credential) == []


def test_it_is_no_role_assignment_and_its_user_sees_their_projects(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    found = cloud.admin.identity.get(f"/role_assignments?scope.project.id={project.project_id}").json()
    assert [one["user"]["id"] for one in found["role_assignments"]] == [project.user_id]
    listed = project.identity.get("/auth/projects", headers=headers(cloud, credential)).json()["projects"]
    assert [one["id"] for one in listed] == [project.project_id]


def test_a_name_of_its_own_is_nobodys_login(cloud: Cloud, project: Project):
    credential = made(project, roles=[{"name": "reader"}])
    name = {"name": f"appcred:{credential['id']}", "domain": {"id": "default"}, "password": credential["secret"]}
    assert issue(cloud.url, {"methods": ["password"], "password": {"user": name}}).status_code == 401
