"""Role assignments over HTTP, and the RoleBindings that they are."""

import itertools

import pytest

from tests.cloud import Cloud, Project, login, wait_for
from tests.identity.people import new_user, refusal, role_id, session_of

BINDINGS = "/apis/rbac.authorization.k8s.io/v1"


@pytest.fixture
def user(cloud: Cloud):
    made = new_user(cloud)
    yield made
    cloud.admin.identity.delete(f"/users/{made['id']}")


def assigned(cloud: Cloud, **query):
    return cloud.admin.identity.get("/role_assignments", params=query).json()["role_assignments"]


def test_an_assignment_is_a_rolebinding(cloud: Cloud, project: Project, user):
    path = f"/projects/{project.project_id}/users/{user['id']}/roles"
    reader = role_id(cloud, "reader")
    assert refusal(cloud.admin.identity.get(f"{path}/{reader}"))[0] == 404
    assert cloud.admin.identity.put(f"{path}/{reader}").status_code == 204
    assert cloud.admin.identity.put(f"{path}/{reader}").status_code == 204, "assigning twice is assigning"
    assert cloud.admin.identity.head(f"{path}/{reader}").status_code == 204
    assert [role["name"] for role in cloud.admin.identity.get(path).json()["roles"]] == ["reader"]
    mine = [one for one in project.objects(f"{BINDINGS}/rolebindings") if user["id"] in str(one)]
    assert len(mine) == 1
    assert mine[0]["roleRef"]["name"] == "dicot:reader"
    assert mine[0]["subjects"] == [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"dicot:{user['id']}"}
    ]
    assert cloud.admin.identity.delete(f"{path}/{reader}").status_code == 204
    assert not [one for one in project.objects(f"{BINDINGS}/rolebindings") if user["id"] in str(one)]
    assert refusal(cloud.admin.identity.delete(f"{path}/{reader}")) == (
        404,
        f"Could not find role assignment with role: {reader}, user or group: {user['id']}, "
        f"project, domain, or system: {project.project_id}.",
    )


def test_what_kubectl_bound_is_listed_and_revoked(cloud: Cloud, project: Project, user):
    subjects = [
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": f"dicot:{user['id']}"},
        {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane@example.org"},
    ]
    body = {
        "metadata": {"name": "by-kubectl"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": subjects,
    }
    bindings = f"{BINDINGS}/namespaces/{project.namespace}/rolebindings"
    cloud.kube.post(bindings, json=body).raise_for_status()
    (found,) = wait_for(lambda: assigned(cloud, **{"user.id": user["id"]}), "the binding to be seen")
    assert found["role"] == {"id": role_id(cloud, "member")}
    assert found["scope"] == {"project": {"id": project.project_id}}
    everyone = assigned(cloud, include_names="", **{"scope.project.id": project.project_id})
    (jane,) = (one["user"]["id"] for one in everyone if one["user"]["name"] == "jane@example.org")
    assert cloud.admin.identity.get(f"/users/{jane}").json()["user"]["name"] == "jane@example.org"
    assert login(cloud.url, user["name"], user["password"], project.name).status_code == 201
    path = found["links"]["assignment"].removeprefix(f"{cloud.url}/identity/v3")
    assert cloud.admin.identity.delete(path).status_code == 204
    assert login(cloud.url, user["name"], user["password"], project.name).status_code == 401
    assert cloud.kube.get(f"{bindings}/by-kubectl").json()["subjects"] == subjects[1:]


def test_a_binding_deleted_with_kubectl_ends_the_role(cloud: Cloud, project: Project):
    (mine,) = [one for one in project.objects(f"{BINDINGS}/rolebindings") if project.user_id in str(one)]
    name = mine["metadata"]["name"]
    cloud.kube.delete(f"{BINDINGS}/namespaces/{project.namespace}/rolebindings/{name}").raise_for_status()
    wait_for(lambda: project.identity.get("/auth/projects").status_code == 401, "the token to be refused")


def test_a_system_role_is_a_clusterrolebinding(cloud: Cloud, project: Project, user):
    path = f"/system/users/{user['id']}/roles"
    admin = f"{path}/{role_id(cloud, 'admin')}"
    assert cloud.admin.identity.put(admin).status_code == 204
    assert [role["name"] for role in cloud.admin.identity.get(path).json()["roles"]] == ["admin"]
    (found,) = assigned(cloud, **{"user.id": user["id"]})
    assert found["scope"] == {"system": {"all": True}}
    assert found["links"]["assignment"].endswith(admin)
    session = session_of(cloud, user["name"], user["password"], project.name)
    assert session.identity.get("/users").status_code == 200
    assert cloud.admin.identity.delete(admin).status_code == 204
    assert session.identity.get("/users").status_code == 401
    session.close()


def test_effective_assignments(cloud: Cloud, project: Project):
    found = assigned(cloud, effective="", include_names="", **{"user.id": project.user_id})
    assert {one["role"]["name"] for one in found} == {"member", "reader"}
    implied = next(one for one in found if one["role"]["name"] == "reader")
    assert "prior_role" in implied["links"]
    assert implied["scope"]["project"]["name"] == project.name
    assert implied["user"]["domain"] == {"id": "default", "name": "Default"}


def test_every_filter(cloud: Cloud, project: Project, other_project: Project, user):
    """Each filter, and each two of them, keep what one would keep oneself of all there is."""
    admin, member, reader = cloud.admin.identity, role_id(cloud, "member"), role_id(cloud, "reader")
    group = admin.post("/groups", json={"group": {"name": f"group-{user['id'][:8]}"}}).json()["group"]["id"]
    for place, who, role in (
        (f"projects/{project.project_id}", f"users/{user['id']}", reader),
        (f"projects/{project.project_id}", f"groups/{group}", member),
        (f"projects/{other_project.project_id}", f"users/{user['id']}", member),
        ("domains/default", f"users/{user['id']}", reader),
        ("domains/default", f"groups/{group}", reader),
        ("system", f"users/{user['id']}", reader),
        ("system", f"groups/{group}", member),
    ):
        assert admin.put(f"/{place}/{who}/roles/{role}").status_code == 204
    everything = assigned(cloud)
    filters = {
        "user.id": (user["id"], lambda one: one.get("user", {}).get("id")),
        "group.id": (group, lambda one: one.get("group", {}).get("id")),
        "role.id": (reader, lambda one: one["role"]["id"]),
        "scope.project.id": (project.project_id, lambda one: one["scope"].get("project", {}).get("id")),
        "scope.domain.id": ("default", lambda one: one["scope"].get("domain", {}).get("id")),
        "scope.system": ("all", lambda one: "all" if "system" in one["scope"] else None),
    }
    tried = 0
    for first, second in itertools.combinations_with_replacement(filters, 2):
        query = {key: filters[key][0] for key in (first, second)}
        answer = admin.get("/role_assignments", params=query)
        if answer.status_code == 400:  # the two contradict
            continue
        wanted = [one for one in everything if all(filters[key][1](one) == value for key, value in query.items())]
        found = answer.json()["role_assignments"]
        assert wanted, query
        assert sorted(map(str, found)) == sorted(map(str, wanted)), query
        tried += 1
    assert tried == 17, "of 21, four contradict"
    assert admin.delete(f"/groups/{group}").status_code == 204


@pytest.mark.parametrize(
    "query",
    [
        {"user.id": "a", "group.id": "b"},
        {"scope.project.id": "a", "scope.domain.id": "b"},
        {"scope.system": "all", "scope.domain.id": "b"},
        {"effective": "true", "group.id": "b"},
        {"include_subtree": "true"},
    ],
)
def test_filters_that_contradict(cloud: Cloud, query):
    assert refusal(cloud.admin.identity.get("/role_assignments", params=query))[0] == 400


def test_who_rules_a_project_assigns_roles_in_it_only(cloud: Cloud, project: Project, other_project: Project, user):
    boss = new_user(cloud)
    admin, member = role_id(cloud, "admin"), role_id(cloud, "member")
    cloud.admin.identity.put(f"/projects/{project.project_id}/users/{boss['id']}/roles/{admin}").raise_for_status()
    session = session_of(cloud, boss["name"], boss["password"], project.name)
    grant = f"users/{user['id']}/roles/{member}"
    assert session.identity.put(f"/projects/{project.project_id}/{grant}").status_code == 204
    assert session.identity.delete(f"/projects/{project.project_id}/{grant}").status_code == 204
    assert refusal(session.identity.put(f"/projects/{other_project.project_id}/{grant}"))[0] == 403
    assert refusal(session.identity.put(f"/system/{grant}"))[0] == 403
    assert refusal(session.identity.get("/users"))[0] == 403
    session.close()
    as_boss = {"Impersonate-User": f"dicot:{boss['id']}"}
    namespace = f"/api/v1/namespaces/{project.namespace}"
    patch = {"metadata": {"annotations": {"dicot.io/name": "admin"}}}
    merge = {"Content-Type": "application/merge-patch+json"}
    assert cloud.kube.get(namespace, headers=as_boss).status_code == 200
    assert cloud.kube.patch(namespace, json=patch, headers={**as_boss, **merge}).status_code == 403
    assert cloud.kube.delete(namespace, headers=as_boss).status_code == 403
    assert cloud.admin.identity.delete(f"/users/{boss['id']}").status_code == 204


def test_what_does_not_exist_is_named(cloud: Cloud, project: Project):
    member = role_id(cloud, "member")
    for path, sentence in (
        (f"/projects/x/users/{project.user_id}/roles/{member}", "Could not find project: x."),
        (f"/projects/{project.project_id}/users/x/roles/{member}", "Could not find user: x."),
        (f"/projects/{project.project_id}/groups/x/roles/{member}", "Could not find group: x."),
        (f"/projects/{project.project_id}/users/{project.user_id}/roles/x", "Could not find role: x."),
        (f"/domains/x/users/{project.user_id}/roles/{member}", "Could not find domain: x."),
    ):
        assert refusal(cloud.admin.identity.put(path)) == (404, sentence)


def test_a_member_may_not_touch_assignments(cloud: Cloud, project: Project):
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles"
    assert refusal(project.identity.put(f"{path}/{role_id(cloud, 'admin')}"))[0] == 403
    assert refusal(project.identity.get(path))[0] == 403
    assert refusal(project.identity.get("/role_assignments"))[0] == 403
