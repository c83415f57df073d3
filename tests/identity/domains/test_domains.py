"""Domains over HTTP: name spaces, and the switch that shuts everyone in one out."""

import secrets

import httpx2
import pytest

from tests.cloud import Cloud, Project, wait_for
from tests.identity.people import issue, new_user, password_of, refusal


@pytest.fixture
def domain(cloud: Cloud):
    answer = cloud.admin.identity.post("/domains", json={"domain": {"name": f"d-{secrets.token_hex(4)}"}})
    assert answer.status_code == 201
    made = answer.json()["domain"]
    yield made
    cloud.admin.identity.patch(f"/domains/{made['id']}", json={"domain": {"enabled": False}})
    cloud.admin.identity.delete(f"/domains/{made['id']}")


def test_the_default_domain(cloud: Cloud):
    (found,) = cloud.admin.identity.get("/domains?name=Default").json()["domains"]
    assert found == {
        "id": "default",
        "name": "Default",
        "description": "The default domain",
        "enabled": True,
        "tags": [],
        "options": {},
        "links": {"self": f"{cloud.url}/identity/v3/domains/default"},
    }
    cloud.admin.identity.get("/domains/default").raise_for_status()
    assert refusal(cloud.admin.identity.delete("/domains/default"))[0] == 403


def test_life(cloud: Cloud, domain):
    path = f"/domains/{domain['id']}"
    assert cloud.admin.identity.get(path).json() == {"domain": domain}
    assert refusal(cloud.admin.identity.post("/domains", json={"domain": {"name": domain["name"]}}))[0] == 409
    assert refusal(cloud.admin.identity.post("/domains", json={"domain": {"name": ""}}))[0] == 400
    assert refusal(cloud.admin.identity.delete(path)) == (
        403,
        "Cannot delete a domain that is enabled, please disable it first.",
    )
    changed = cloud.admin.identity.patch(path, json={"domain": {"enabled": False, "description": "d"}}).json()["domain"]
    assert (changed["enabled"], changed["description"]) == (False, "d")
    assert cloud.admin.identity.delete(path).status_code == 204
    assert refusal(cloud.admin.identity.get(path)) == (404, f"Could not find domain: {domain['id']}.")


def test_two_domains_may_use_one_name(cloud: Cloud, domain):
    name = f"same-{secrets.token_hex(4)}"
    here, there = new_user(cloud, name=name), new_user(cloud, name=name, domain_id=domain["id"])
    body = {"project": {"name": name}}
    first = cloud.admin.identity.post("/projects", json=body).json()["project"]
    body["project"]["domain_id"] = domain["id"]
    second = cloud.admin.identity.post("/projects", json=body).json()["project"]
    assert second["domain_id"] == second["parent_id"] == domain["id"]
    by_name = {
        "methods": ["password"],
        "password": {"user": {"name": name, "domain": {"name": domain["name"]}, "password": there["password"]}},
    }
    assert issue(cloud.url, by_name).json()["token"]["user"]["id"] == there["id"]
    refused = cloud.admin.identity.patch(f"/domains/{domain['id']}", json={"domain": {"enabled": False}})
    assert refused.status_code == 200
    assert issue(cloud.url, by_name).status_code == 401
    for path in (
        f"/projects/{first['id']}",
        f"/projects/{second['id']}",
        f"/users/{here['id']}",
        f"/users/{there['id']}",
    ):
        assert cloud.admin.identity.delete(path).status_code == 204


def test_what_goes_with_a_domain(cloud: Cloud):
    admin, name = cloud.admin.identity, f"gone-{secrets.token_hex(4)}"
    domain_id = admin.post("/domains", json={"domain": {"name": name}}).json()["domain"]["id"]
    user = new_user(cloud, domain_id=domain_id)["id"]
    group = admin.post("/groups", json={"group": {"name": name, "domain_id": domain_id}}).json()["group"]["id"]
    made = admin.post("/projects", json={"project": {"name": name, "domain_id": domain_id}}).json()["project"]["id"]
    namespace = cloud.namespace_of(made)
    claim = {
        "metadata": {"name": "disk"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    }
    claims = f"/api/v1/namespaces/{namespace}/persistentvolumeclaims"
    cloud.kube.post(claims, json=claim).raise_for_status()
    admin.patch(f"/domains/{domain_id}", json={"domain": {"enabled": False}}).raise_for_status()
    status, message = refusal(admin.delete(f"/domains/{domain_id}"))
    assert (status, made in message) == (409, True), "nothing of a tenant's goes unseen"
    assert admin.get(f"/users/{user}").status_code == 200, "and nothing was begun"
    cloud.kube.delete(f"{claims}/disk").raise_for_status()
    wait_for(lambda: cloud.kube.get(f"{claims}/disk").status_code == 404, "the claim to go")
    assert admin.delete(f"/domains/{domain_id}").status_code == 204
    for path in (f"/users/{user}", f"/groups/{group}", f"/projects/{made}", f"/domains/{domain_id}"):
        assert refusal(admin.get(path))[0] == 404


def test_disabling_a_domain_ends_its_tokens(cloud: Cloud, domain):
    user = new_user(cloud, domain_id=domain["id"])
    token = issue(cloud.url, password_of(user["id"], user["password"])).headers["X-Subject-Token"]
    url, headers = f"{cloud.url}/identity/v3/auth/projects", {"X-Auth-Token": token}
    assert httpx2.get(url, headers=headers).status_code == 200
    cloud.admin.identity.patch(f"/domains/{domain['id']}", json={"domain": {"enabled": False}}).raise_for_status()
    assert httpx2.get(url, headers=headers).status_code == 401
    cloud.admin.identity.patch(f"/domains/{domain['id']}", json={"domain": {"enabled": True}}).raise_for_status()
    assert cloud.admin.identity.delete(f"/users/{user['id']}").status_code == 204


def test_members_see_their_own_domain(project: Project, domain):
    assert project.identity.get("/domains/default").status_code == 200
    assert refusal(project.identity.get(f"/domains/{domain['id']}"))[0] == 403
    assert refusal(project.identity.get("/domains"))[0] == 403
