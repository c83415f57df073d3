"""Inherited roles over HTTP, and the RoleBindings that make them true in each project below."""

import secrets
from collections.abc import Iterator

import pytest

from dicot.identity import grants
from tests.cloud import Cloud, wait_for
from tests.identity.people import issue, new_user, password_of, refusal, role_id

BINDINGS = "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture
def domain(cloud: Cloud) -> Iterator[str]:
    body = {"domain": {"name": f"domain-{secrets.token_hex(4)}"}}
    made = cloud.admin.identity.post("/domains", json=body).json()["domain"]["id"]
    yield made
    for project in cloud.admin.identity.get(f"/projects?domain_id={made}").json()["projects"]:
        cloud.kube.delete(f"/api/v1/namespaces/{cloud.namespace_of(project['id'])}")
    wait_for(lambda: not cloud.admin.identity.get(f"/projects?domain_id={made}").json()["projects"], "no project")
    cloud.admin.identity.patch(f"/domains/{made}", json={"domain": {"enabled": False}})
    assert cloud.admin.identity.delete(f"/domains/{made}").status_code == 204


@pytest.fixture
def user(cloud: Cloud):
    made = new_user(cloud)
    yield made
    cloud.admin.identity.delete(f"/users/{made['id']}")


def new_project(cloud: Cloud, **attributes: str) -> str:
    body = {"name": f"project-{secrets.token_hex(4)}", **attributes}
    answer = cloud.admin.identity.post("/projects", json={"project": body})
    assert answer.status_code == 201, answer.text
    return answer.json()["project"]["id"]


def bindings_in(cloud: Cloud, project_id: str) -> list[str]:
    namespace = cloud.namespace_of(project_id)
    found = cloud.kube.get(f"{BINDINGS}/namespaces/{namespace}/rolebindings").json()["items"]
    return [one["roleRef"]["name"] for one in found if grants.INHERITED_FROM in (one["metadata"].get("labels") or {})]


def may_enter(cloud: Cloud, user, project_id: str) -> bool:
    answer = issue(cloud.url, password_of(user["id"], user["password"]), {"project": {"id": project_id}})
    return answer.status_code == 201


def test_a_role_in_all_projects_of_a_domain(cloud: Cloud, domain, user):
    admin, member = cloud.admin.identity, role_id(cloud, "member")
    early = new_project(cloud, domain_id=domain)
    many = f"/OS-INHERIT/domains/{domain}/users/{user['id']}/roles"
    grant = f"{many}/{member}/inherited_to_projects"
    assert refusal(admin.get(grant))[0] == 404
    assert admin.put(grant).status_code == 204
    assert admin.put(grant).status_code == 204, "assigning twice is assigning"
    assert admin.head(grant).status_code == 204
    assert [one["name"] for one in admin.get(f"{many}/inherited_to_projects").json()["roles"]] == ["member"]
    late = new_project(cloud, domain_id=domain)
    assert bindings_in(cloud, early) == bindings_in(cloud, late) == ["dicot:member"]
    assert may_enter(cloud, user, early)
    assert may_enter(cloud, user, late)
    assert admin.get(f"/projects/{early}/users/{user['id']}/roles").json()["roles"] == [], "it is not assigned there"
    on_domain = issue(cloud.url, password_of(user["id"], user["password"]), {"domain": {"id": domain}})
    assert on_domain.status_code == 401, "it holds below the domain, not on it"
    assert admin.delete(grant).status_code == 204
    assert bindings_in(cloud, early) == bindings_in(cloud, late) == []
    assert not may_enter(cloud, user, late)
    assert refusal(admin.delete(grant))[0] == 404


def test_how_it_is_listed(cloud: Cloud, domain, user):
    admin, reader = cloud.admin.identity, role_id(cloud, "reader")
    project = new_project(cloud, domain_id=domain)
    path = f"/OS-INHERIT/domains/{domain}/users/{user['id']}/roles/{reader}/inherited_to_projects"
    assert admin.put(path).status_code == 204
    scope = {"domain": {"id": domain}, "OS-INHERIT:inherited_to": "projects"}
    wanted = {
        "links": {"assignment": f"{cloud.url}/identity/v3{path}"},
        "scope": scope,
        "user": {"id": user["id"]},
        "role": {"id": reader},
    }
    query = {"user.id": user["id"]}
    assert admin.get("/role_assignments", params=query).json()["role_assignments"] == [wanted]
    inherited = {**query, "scope.OS-INHERIT:inherited_to": "projects"}
    assert admin.get("/role_assignments", params=inherited).json()["role_assignments"] == [wanted]
    effective = admin.get("/role_assignments", params={**inherited, "effective": ""}).json()["role_assignments"]
    assert effective == [{**wanted, "scope": {"project": {"id": project}, "OS-INHERIT:inherited_to": "projects"}}]
    assert admin.get("/role_assignments", params={"scope.project.id": project}).json()["role_assignments"] == []


def test_the_reconciler_keeps_it(cloud: Cloud, domain, user):
    path = f"/OS-INHERIT/domains/{domain}/users/{user['id']}/roles/{role_id(cloud, 'member')}/inherited_to_projects"
    assert cloud.admin.identity.put(path).status_code == 204
    name = f"by-kubectl-{secrets.token_hex(4)}"
    labels = {"dicot.io/project": "true", "dicot.io/domain-id": domain}
    made = cloud.kube.post("/api/v1/namespaces", json={"metadata": {"name": name, "labels": labels}})
    project = made.json()["metadata"]["uid"].replace("-", "")
    wait_for(lambda: bindings_in(cloud, project) == ["dicot:member"], "the role in a project that kubectl made")
    found = cloud.kube.get(f"{BINDINGS}/namespaces/{name}/rolebindings").json()["items"]
    for one in found:
        cloud.kube.delete(f"{BINDINGS}/namespaces/{name}/rolebindings/{one['metadata']['name']}")
    wait_for(lambda: bindings_in(cloud, project) == ["dicot:member"], "the binding that was deleted")
    over_cluster = cloud.kube.get(f"{BINDINGS}/clusterrolebindings").json()["items"]
    (source,) = (one for one in over_cluster if user["id"] in str(one.get("subjects")))
    cloud.kube.delete(f"{BINDINGS}/clusterrolebindings/{source['metadata']['name']}")
    wait_for(lambda: bindings_in(cloud, project) == [], "the role to go with what it comes from")


def test_a_group_below_a_project(cloud: Cloud, domain, user):
    admin, member = cloud.admin.identity, role_id(cloud, "member")
    group = admin.post("/groups", json={"group": {"name": f"group-{secrets.token_hex(4)}"}}).json()["group"]["id"]
    assert admin.put(f"/groups/{group}/users/{user['id']}").status_code == 204
    above = new_project(cloud, domain_id=domain)
    below = new_project(cloud, domain_id=domain, parent_id=above)
    path = f"/OS-INHERIT/projects/{above}/groups/{group}/roles/{member}/inherited_to_projects"
    assert admin.put(path).status_code == 204
    assert may_enter(cloud, user, below)
    assert not may_enter(cloud, user, above)
    query = {"user.id": user["id"], "effective": "", "scope.project.id": above, "include_subtree": ""}
    found = admin.get("/role_assignments", params=query).json()["role_assignments"]
    assert {one["scope"]["project"]["id"] for one in found} == {below}
    assert {one["role"]["id"] for one in found} == {member, role_id(cloud, "reader")}
    assert admin.delete(path).status_code == 204
    assert not may_enter(cloud, user, below)
    admin.delete(f"/groups/{group}")
