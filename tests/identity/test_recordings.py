"""Dicot's answers beside those recorded from a real Keystone: the same status, keys and types."""

import json
import secrets
from typing import Any

import pytest

from tests.cloud import Cloud, Project
from tests.identity.people import issue, new_user, password_of, rescope
from tests.shared_material import shared

Json = dict[str, Any]

ADDED = {"default_project_id"}
"""Keys that one object has and another has not: Keystone leaves them out where they are not set."""


def recorded(name: str) -> Json:
    return json.loads(shared(f"recordings/openstack/keystone-{name}.json").read_text())["response"]


def shape(value: Any) -> Any:
    """Reduce an answer to its keys and types; of a list, to the shapes in it."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items() if key not in ADDED}
    if isinstance(value, list):
        shapes = [shape(one) for one in value]
        return [one for position, one in enumerate(shapes) if one not in shapes[:position]]
    return "null" if value is None else type(value).__name__


def same(answer, name: str, *, key: str = "", one: str = "") -> None:
    """Compare status and shape; of lists (`key`) the first object or the `one` of an id: clouds hold different ones."""
    real = recorded(name)
    assert answer.status_code == real["status"]
    headers = {header.lower() for header, _ in real["headers"]} - {"content-length", "connection", "content-type"}
    assert headers <= set(answer.headers)
    if real["body"] is None:
        assert answer.content == b""
        return
    body = answer.json()
    assert set(body) == set(real["body"])
    if key:
        ours = next(each for each in body[key] if not one or each["id"] == one)
        assert shape(ours) == shape(real["body"][key][0])
    else:
        assert shape(body) == shape(real["body"])


@pytest.mark.parametrize(("path", "name"), [("/identity", "001-root"), ("/identity/v3", "002-v3")])
def test_discovery(anonymous, path, name):
    same(anonymous.get(path), name)


def test_an_unknown_path(anonymous):
    real, answer = recorded("004-notfound-path"), anonymous.get("/identity/v3/nosuch")
    assert answer.status_code == real["status"]
    assert answer.text == real["body_text"]
    assert {name: answer.headers[name] for name in ("content-type", "content-length", "vary")} == {
        name.lower(): value for name, value in real["headers"] if name in {"Content-Type", "Content-Length", "Vary"}
    }


def test_discovery_with_a_slash(anonymous):
    same(anonymous.get("/identity/v3/"), "003-v3-slash")


def test_more_scopes(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    body = {"user": {"default_project_id": project.project_id}}
    assert admin.patch(f"/users/{project.user_id}", json=body).status_code == 200
    who = password_of(project.user_id, project.password)
    same(issue(cloud.url, who), "008-token-issue-default-project")
    same(rescope(cloud.url, cloud.admin.token, {"system": {"all": True}}), "010-token-issue-system")
    unscoped = issue(cloud.url, who, "unscoped").headers["X-Subject-Token"]
    scope = {"project": {"id": project.project_id}}
    same(rescope(cloud.url, unscoped, scope), "011-token-issue-by-token-rescope")
    own = {"X-Subject-Token": project.token}
    same(project.identity.get("/auth/tokens", headers=own), "016-token-validate-self")


def test_a_request_without_an_identity(anonymous):
    answer = anonymous.post("/identity/v3/auth/tokens", json={"auth": {"scope": {}}})
    real = recorded("013-token-issue-schema-400")
    assert answer.status_code == real["status"]
    first = real["body"]["error"]["message"].splitlines()[0]
    assert first in answer.json()["error"]["message"], "Keystone's own goes on with the whole schema"


def test_the_life_of_a_project_and_a_user(cloud: Cloud):
    admin, name = cloud.admin.identity, f"golden-{secrets.token_hex(4)}"
    made = admin.post("/projects", json={"project": {"name": name, "description": "x"}})
    same(made, "028-project-create")
    project_id = made.json()["project"]["id"]
    same(admin.get(f"/projects?name={name}"), "025-projects-list-name", key="projects")
    taken = admin.post("/projects", json={"project": {"name": name}})
    real = recorded("029-project-create-409")["body"]["error"]
    said = real["message"].replace("tmpproj", name).rpartition(" ")[0]
    assert taken.json()["error"] == {**real, "message": f"{said} {project_id}."}
    same(admin.delete(f"/projects/{project_id}"), "032-project-delete")
    body = {"user": {"name": name, "password": "p", "domain_id": "default", "email": "a@b.c"}}
    user = admin.post("/users", json=body)
    same(user, "035-user-create")
    admin.delete(f"/users/{user.json()['user']['id']}")


def test_tokens(cloud: Cloud, project: Project):
    who, scope = password_of(project.user_id, project.password), {"project": {"id": project.project_id}}
    same(issue(cloud.url, who, scope), "005-token-issue-project")
    same(issue(cloud.url, who, scope, "?nocatalog"), "006-token-issue-nocatalog")
    same(issue(cloud.url, who, "unscoped"), "007-token-issue-unscoped")
    same(issue(cloud.url, who, {"domain": {"id": "default"}}), "009-token-issue-domain")
    same(issue(cloud.url, password_of(project.user_id, "wrong"), scope), "012-token-issue-badpw-401")


def test_validation(cloud: Cloud, project: Project):
    headers = {"X-Subject-Token": project.token}
    same(cloud.admin.identity.get("/auth/tokens", headers=headers), "015-token-validate")
    same(cloud.admin.identity.head("/auth/tokens", headers=headers), "017-token-head")
    bogus = {"X-Subject-Token": "gAAAAAbogus"}
    answer = cloud.admin.identity.get("/auth/tokens", headers=bogus)
    same(answer, "018-token-validate-bad-404")
    assert answer.json() == recorded("018-token-validate-bad-404")["body"]


def test_refusals(cloud: Cloud, project: Project, anonymous):
    same(anonymous.get("/identity/v3/projects"), "019-noauth-401")
    same(anonymous.get("/identity/v3/projects", headers={"X-Auth-Token": "bogus"}), "020-badtoken-401")
    forbidden = project.identity.get("/users")
    same(forbidden, "021-projects-forbidden-403")
    assert forbidden.json() == recorded("021-projects-forbidden-403")["body"]
    empty = cloud.admin.identity.post("/projects", json={"project": {"name": ""}})
    assert empty.json() == recorded("030-project-create-400")["body"]
    malformed = anonymous.post("/identity/v3/auth/tokens", content=b"{")
    assert malformed.json() == recorded("014-token-issue-malformed-400")["body"]


def test_lists(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    same(project.identity.get("/auth/projects"), "022-auth-projects", key="projects")
    same(project.identity.get("/auth/catalog"), "023-auth-catalog", key="catalog")
    same(admin.get("/projects"), "024-projects-list", key="projects", one=project.project_id)
    same(admin.get("/users"), "033-users-list", key="users", one=project.user_id)
    built_in = admin.get("/roles?name=member").json()["roles"][0]["id"]
    same(admin.get("/roles"), "038-roles-list", key="roles", one=built_in)
    same(admin.get("/domains"), "040-domains-list", key="domains", one="default")
    same(admin.get("/services"), "041-services-list", key="services")
    same(admin.get("/endpoints"), "042-endpoints-list", key="endpoints")
    same(admin.get("/regions"), "043-regions-list", key="regions")
    query = {"user.id": project.user_id, "include_names": ""}
    same(admin.get("/role_assignments", params=query), "039-role-assignments", key="role_assignments")


def test_objects(cloud: Cloud, project: Project):
    admin = cloud.admin.identity
    same(admin.get(f"/projects/{project.project_id}"), "026-project-show")
    same(admin.get("/projects/deadbeef"), "027-project-404")
    changed = admin.patch(f"/projects/{project.project_id}", json={"project": {"description": "y"}})
    same(changed, "031-project-update")
    user = new_user(cloud, email="a@b.c")
    same(admin.patch(f"/users/{user['id']}", json={"user": {"name": f"{user['name']}2"}}), "036-user-update")
    same(admin.delete(f"/users/{user['id']}"), "037-user-delete")
    same(project.identity.get(f"/users/{project.user_id}"), "034-user-show")


def test_application_credentials(cloud: Cloud, project: Project):
    path = f"/users/{project.user_id}/application_credentials"
    body = {"application_credential": {"name": "ac1", "description": "d"}}
    made = project.identity.post(path, json=body)
    same(made, "044-appcred-create")
    same(project.identity.get(path), "045-appcred-list", key="application_credentials")
    credential = made.json()["application_credential"]
    asked = {"id": credential["id"], "secret": credential["secret"]}
    same(
        issue(cloud.url, {"methods": ["application_credential"], "application_credential": asked}),
        "046-token-issue-appcred",
    )
    same(project.identity.delete(f"{path}/{credential['id']}"), "047-appcred-delete")


def test_revocation(cloud: Cloud, project: Project):
    headers = {"X-Subject-Token": project.token}
    same(cloud.admin.identity.delete("/auth/tokens", headers=headers), "048-token-revoke")
    answer = cloud.admin.identity.get("/auth/tokens", headers=headers)
    assert answer.json() == recorded("049-token-revoked-validate")["body"]
