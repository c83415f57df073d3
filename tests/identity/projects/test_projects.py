"""Projects over HTTP, and the namespaces that they are."""

import secrets
import threading

import pytest

from dicot.identity.projects import handlers
from tests.cloud import Cloud, Project, wait_for
from tests.identity.people import refusal


@pytest.fixture
def name() -> str:
    return f"Prjct {secrets.token_hex(4)}"


@pytest.fixture
def made(cloud: Cloud, name: str):
    body = {"project": {"name": name, "description": "x", "tags": ["a", "b"], "colour": "green"}}
    answer = cloud.admin.identity.post("/projects", json=body)
    assert answer.status_code == 201
    yield answer.json()["project"]
    cloud.admin.identity.delete(f"/projects/{answer.json()['project']['id']}")


def test_create_and_show(cloud: Cloud, made, name):
    assert made == {
        "colour": "green",
        "id": made["id"],
        "name": name,
        "domain_id": "default",
        "description": "x",
        "enabled": True,
        "parent_id": "default",
        "is_domain": False,
        "tags": ["a", "b"],
        "options": {},
        "links": {"self": f"{cloud.url}/identity/v3/projects/{made['id']}"},
    }
    assert cloud.admin.identity.get(f"/projects/{made['id']}").json() == {"project": made}


def test_a_project_is_a_namespace(cloud: Cloud, made, name):
    namespace = cloud.kube.get(f"/api/v1/namespaces/{name.lower().replace(' ', '-')}").json()
    assert namespace["metadata"]["uid"].replace("-", "") == made["id"]
    assert namespace["metadata"]["labels"]["dicot.io/project"] == "true"
    assert namespace["metadata"]["annotations"]["dicot.io/name"] == name


def test_a_namespace_made_with_kubectl_is_a_project(cloud: Cloud):
    label = {"dicot.io/project": "true"}
    name = f"kubectl-{secrets.token_hex(4)}"
    made = cloud.kube.post("/api/v1/namespaces", json={"metadata": {"name": name, "labels": label}}).json()
    found = wait_for(lambda: cloud.admin.identity.get(f"/projects?name={name}").json()["projects"], "the project")
    assert [one["id"] for one in found] == [made["metadata"]["uid"].replace("-", "")]
    assert cloud.admin.identity.delete(f"/projects/{found[0]['id']}").status_code == 204


def test_a_name_that_a_namespace_has_gets_another_namespace(cloud: Cloud):
    answer = cloud.admin.identity.post("/projects", json={"project": {"name": "kube-system"}})
    assert answer.status_code == 201
    project = answer.json()["project"]
    assert cloud.namespace_of(project["id"]).startswith("kube-system-")
    assert cloud.admin.identity.delete(f"/projects/{project['id']}").status_code == 204


def test_one_name_is_given_once(cloud: Cloud, made, name):
    status, message = refusal(cloud.admin.identity.post("/projects", json={"project": {"name": name}}))
    assert status == 409
    assert message.endswith(f"same domain: name is {name}, project id {made['id']}.")


def test_of_two_at_once_one_wins(cloud: Cloud, name):
    statuses: list[int] = []

    def create() -> None:
        statuses.append(cloud.admin.identity.post("/projects", json={"project": {"name": name}}).status_code)

    threads = [threading.Thread(target=create) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 409, 409, 409]
    (project,) = cloud.admin.identity.get("/projects", params={"name": name}).json()["projects"]
    assert cloud.admin.identity.delete(f"/projects/{project['id']}").status_code == 204


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({}, "'name' is a required property"),
        ({"name": ""}, "Invalid input for field/attribute name. Value: . '' should be non-empty"),
        ({"name": " "}, "' ' does not match"),
        ({"name": 5}, "5 is not of type 'string'"),
        ({"name": "x" * 65}, "is too long"),
        ({"name": "n", "enabled": "yes"}, "'yes' is not of type 'boolean'"),
        ({"name": "n", "tags": ["a,b"]}, "'a,b' does not match"),
        ({"name": "n", "options": {"immutable": True}}, "attribute options. Value: {'immutable': True}"),
        ({"name": "n", "domain_id": "nosuch"}, "Could not find domain: nosuch."),
        ({"name": "n", "parent_id": "nosuch"}, "Could not find project: nosuch."),
    ],
)
def test_bad_input(cloud: Cloud, body, sentence):
    before = len(cloud.kube.get("/api/v1/namespaces").json()["items"])
    status, message = refusal(cloud.admin.identity.post("/projects", json={"project": body}))
    assert status == 400
    assert sentence in message
    assert len(cloud.kube.get("/api/v1/namespaces").json()["items"]) <= before


def test_a_project_that_is_a_domain_is_refused(cloud: Cloud):
    assert refusal(cloud.admin.identity.post("/projects", json={"project": {"name": "d", "is_domain": True}}))[0] == 403


def child(cloud: Cloud, parent_id: str):
    body = {"name": f"child-{secrets.token_hex(4)}", "parent_id": parent_id}
    answer = cloud.admin.identity.post("/projects", json={"project": body})
    assert answer.status_code == 201, answer.text
    return answer.json()["project"]


def test_a_family(cloud: Cloud, made):
    admin = cloud.admin.identity
    one = child(cloud, made["id"])
    two = child(cloud, one["id"])
    assert (made["parent_id"], one["parent_id"], two["parent_id"]) == ("default", made["id"], one["id"])
    assert admin.get(f"/projects?parent_id={made['id']}").json()["projects"] == [one]
    query = "parents_as_ids&subtree_as_ids"
    shown = admin.get(f"/projects/{one['id']}?{query}").json()["project"]
    assert shown["parents"] == {made["id"]: {"default": None}}
    assert shown["subtree"] == {two["id"]: None}
    shown = admin.get(f"/projects/{one['id']}?parents_as_list&subtree_as_list").json()["project"]
    assert shown["parents"] == [{"project": made}]
    assert shown["subtree"] == [{"project": two}]
    assert refusal(admin.get(f"/projects/{one['id']}?subtree_as_list&subtree_as_ids"))[0] == 400
    assert "not a leaf" in refusal(admin.delete(f"/projects/{made['id']}"))[1]
    disable = {"project": {"enabled": False}}
    assert "subtree" in refusal(admin.patch(f"/projects/{made['id']}", json=disable))[1]
    for project in (two, one):
        assert admin.patch(f"/projects/{project['id']}", json=disable).status_code == 200
    enable = {"project": {"enabled": True}}
    assert "disabled parents" in refusal(admin.patch(f"/projects/{two['id']}", json=enable))[1]
    for project in (two, one):
        assert admin.delete(f"/projects/{project['id']}").status_code == 204


def test_a_family_has_a_depth(cloud: Cloud, made):
    line = [made]
    for _ in range(handlers.DEPTH_MOST - 1):
        line.append(child(cloud, line[-1]["id"]))
    body = {"project": {"name": "too deep", "parent_id": line[-1]["id"]}}
    assert refusal(cloud.admin.identity.post("/projects", json=body)) == (
        403,
        f"Max hierarchy depth reached for {line[-1]['id']} branch.",
    )
    for project in reversed(line[1:]):
        cloud.admin.identity.delete(f"/projects/{project['id']}").raise_for_status()


def test_update(cloud: Cloud, made, name):
    body = {"project": {"name": f"{name} 2", "description": "y", "enabled": False, "size": 3}}
    answer = cloud.admin.identity.patch(f"/projects/{made['id']}", json=body)
    assert answer.status_code == 200
    changed = answer.json()["project"]
    assert changed["extra"] == {"colour": "green", "size": 3}
    expected = {**made, "name": f"{name} 2", "description": "y", "enabled": False, "size": 3}
    assert {key: value for key, value in changed.items() if key != "extra"} == expected
    assert cloud.admin.identity.get(f"/projects/{made['id']}").json()["project"] == expected
    again = cloud.admin.identity.patch(f"/projects/{made['id']}", json={"project": {"enabled": True}})
    assert again.json()["project"]["enabled"] is True


def test_update_refuses_what_cannot_change(cloud: Cloud, made):
    for body, status in (({"domain_id": "other"}, 400), ({"parent_id": "other"}, 403), ({}, 400)):
        answer = cloud.admin.identity.patch(f"/projects/{made['id']}", json={"project": body})
        assert refusal(answer)[0] == status
    assert cloud.admin.identity.get(f"/projects/{made['id']}").json() == {"project": made}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"name": "{name}"}, True),
        ({"name": "other"}, False),
        ({"name__contains": "rjc"}, True),
        ({"name__istartswith": "PRJ"}, True),
        ({"enabled": "false"}, False),
        ({"enabled": "True"}, True),
        ({"domain_id": "default"}, True),
        ({"domain_id": "other"}, False),
        ({"tags": "a,b"}, True),
        ({"tags": "a,c"}, False),
        ({"tags-any": "a,c"}, True),
        ({"not-tags": "a,b"}, False),
        ({"not-tags-any": "c"}, True),
        ({"is_domain": "true"}, False),
    ],
)
def test_filters(cloud: Cloud, made, name, query, found):
    query = {key: value.format(name=name) for key, value in query.items()}
    projects = cloud.admin.identity.get("/projects", params=query).json()["projects"]
    assert (made["id"] in {one["id"] for one in projects}) is found


def test_pages(cloud: Cloud, made):
    everything = cloud.admin.identity.get("/projects").json()
    assert everything["links"] == {"next": None, "previous": None, "self": f"{cloud.url}/identity/v3/projects"}
    first = cloud.admin.identity.get("/projects?limit=1").json()
    assert [one["id"] for one in first["projects"]] == [everything["projects"][0]["id"]]
    second = cloud.admin.identity.get(first["links"]["next"].removeprefix(f"{cloud.url}/identity/v3")).json()
    assert second["projects"][0]["id"] == everything["projects"][1]["id"]
    assert refusal(cloud.admin.identity.get("/projects?marker=nosuch"))[0] == 404


def test_tags(cloud: Cloud, made):
    tags = cloud.admin.identity
    path = f"/projects/{made['id']}/tags"
    assert tags.get(path).json()["tags"] == ["a", "b"]
    assert tags.put(f"{path}/c").status_code == 201
    assert tags.get(f"{path}/c").status_code == 204
    assert tags.delete(f"{path}/a").status_code == 204
    assert refusal(tags.get(f"{path}/a")) == (404, "Could not find project tag: a.")
    assert tags.put(path, json={"tags": ["z"]}).json()["tags"] == ["z"]
    assert refusal(tags.put(path, json={"tags": ["z", "z"]}))[0] == 400
    assert tags.delete(path).status_code == 204
    assert tags.get(path).json()["tags"] == []


def test_a_project_that_holds_something_is_not_deleted(cloud: Cloud, made):
    namespace = cloud.namespace_of(made["id"])
    claim = {
        "metadata": {"name": "precious"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    cloud.kube.post(claims, json=claim).raise_for_status()
    status, message = refusal(cloud.admin.identity.delete(f"/projects/{made['id']}"))
    assert status == 409
    assert "1 persistentvolumeclaims" in message
    assert cloud.admin.identity.get(f"/projects/{made['id']}").status_code == 200
    cloud.kube.delete(f"{claims}/precious").raise_for_status()


def test_delete(cloud: Cloud, name):
    project = cloud.admin.identity.post("/projects", json={"project": {"name": name}}).json()["project"]
    namespace = cloud.namespace_of(project["id"])
    assert cloud.admin.identity.delete(f"/projects/{project['id']}").status_code == 204
    assert refusal(cloud.admin.identity.get(f"/projects/{project['id']}")) == (
        404,
        f"Could not find project: {project['id']}.",
    )
    wait_for(lambda: cloud.kube.get(f"/api/v1/namespaces/{namespace}").status_code == 404, "the namespace to go")


def test_a_member_sees_their_own_project_only(project: Project, other_project: Project):
    assert project.identity.get(f"/projects/{project.project_id}").status_code == 200
    sentence = "You are not authorized to perform the requested action: identity:"
    for answer, rule in (
        (project.identity.get("/projects"), "list_projects"),
        (project.identity.get(f"/projects/{other_project.project_id}"), "get_project"),
        (project.identity.get("/projects/deadbeef"), "get_project"),
        (project.identity.post("/projects", json={"project": {"name": "n"}}), "create_project"),
        (project.identity.patch(f"/projects/{project.project_id}", json={"project": {}}), "update_project"),
        (project.identity.delete(f"/projects/{project.project_id}"), "delete_project"),
    ):
        assert refusal(answer) == (403, f"{sentence}{rule}.")
