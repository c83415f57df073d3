"""Access rules over HTTP, and what an application credential with some may do."""

from typing import Any

import pytest

from dicot.identity.access import pattern
from tests.cloud import Cloud, Project
from tests.identity.people import issue, refusal

SERVERS = {"service": "compute", "method": "GET", "path": "/v2.1/servers"}
ONE_SERVER = {"service": "compute", "method": "GET", "path": "/v2.1/servers/*"}


def limited(project: Project, *rules: dict[str, Any], name: str = "limited"):
    body = {"application_credential": {"name": name, "access_rules": list(rules)}}
    answer = project.identity.post(f"/users/{project.user_id}/application_credentials", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()["application_credential"]


def headers(cloud: Cloud, credential) -> dict[str, str]:
    asked = {"id": credential["id"], "secret": credential["secret"]}
    answer = issue(cloud.url, {"methods": ["application_credential"], "application_credential": asked})
    assert answer.status_code == 201, answer.text
    shown = answer.json()["token"]["application_credential"]["access_rules"]
    assert shown == credential["access_rules"]
    return {"X-Auth-Token": answer.headers["X-Subject-Token"]}


def test_rules_are_enforced_in_every_service(cloud: Cloud, project: Project):
    mine = headers(cloud, limited(project, SERVERS, {**SERVERS, "service": "volumev3", "path": "/v3/**/volumes"}))
    assert project.compute.get("/servers", headers=mine).status_code == 200
    assert project.volume_at("3.71").get("/volumes", headers=mine).status_code == 401
    assert project.volume_at("3.71").get(f"/{project.project_id}/volumes", headers=mine).status_code == 200
    for refused in (
        project.compute.get("/servers/detail", headers=mine),
        project.compute.post("/servers", json={"server": {}}, headers=mine),
        project.image.get("/images", headers=mine),
        project.network.get("/networks", headers=mine),
        project.identity.get("/auth/projects", headers=mine),
    ):
        assert refused.status_code == 401


def test_a_credential_whose_rules_allow_nothing(cloud: Cloud, project: Project):
    credential = limited(project, {**SERVERS, "service": "monitoring"})
    assert project.compute.get("/servers", headers=headers(cloud, credential)).status_code == 401


def test_equal_rules_are_one(cloud: Cloud, project: Project):
    one = limited(project, SERVERS, ONE_SERVER)
    two = limited(project, SERVERS, {"id": one["access_rules"][1]["id"]}, name="other")
    assert two["access_rules"] == one["access_rules"]
    path = f"/users/{project.user_id}/access_rules"
    listed = project.identity.get(path).json()["access_rules"]
    assert {rule["id"] for rule in listed} == {rule["id"] for rule in one["access_rules"]}
    assert project.identity.get(f"{path}?path=/v2.1/servers").json()["access_rules"] == [
        {
            **one["access_rules"][0],
            "links": listed[0]["links"]
            | {"self": f"{cloud.url}/identity/v3/access_rules/{one['access_rules'][0]['id']}"},
        }
    ]
    rule_id = one["access_rules"][0]["id"]
    assert project.identity.get(f"{path}/{rule_id}").json()["access_rule"]["method"] == "GET"
    assert refusal(project.identity.delete(f"{path}/{rule_id}")) == (403, "May not delete access rule in use")
    for credential in (one, two):
        project.identity.delete(f"/users/{project.user_id}/application_credentials/{credential['id']}")
    assert project.identity.delete(f"{path}/{rule_id}").status_code == 204
    assert refusal(project.identity.get(f"{path}/{rule_id}")) == (404, f"Could not find Access Rule: {rule_id}.")


def test_another_users_rules(project: Project, other_project: Project):
    rule = limited(project, SERVERS)["access_rules"][0]
    path = f"/users/{project.user_id}/access_rules"
    assert refusal(other_project.identity.get(path))[0] == 403
    own = f"/users/{other_project.user_id}/access_rules/{rule['id']}"
    assert refusal(other_project.identity.get(own))[0] == 404
    body = {"application_credential": {"name": "stolen", "access_rules": [{"id": rule["id"]}]}}
    answer = other_project.identity.post(f"/users/{other_project.user_id}/application_credentials", json=body)
    assert refusal(answer)[0] == 404


@pytest.mark.parametrize(
    ("path", "matches", "does_not"),
    [
        ("/v2.1/servers", ["/v2.1/servers"], ["/v2x1/servers", "/v2.1/servers/", "/v2.1/servers/x"]),
        ("/v2.1/servers/*", ["/v2.1/servers/x"], ["/v2.1/servers", "/v2.1/servers/", "/v2.1/servers/x/ips"]),
        ("/v2.1/servers/{id}/ips", ["/v2.1/servers/x/ips"], ["/v2.1/servers//ips", "/v2.1/servers/x/y/ips"]),
        ("/v3/**", ["/v3/", "/v3/x/y"], ["/v3", "/v2/x"]),
    ],
)
def test_paths(path: str, matches: list[str], does_not: list[str]):
    assert all(pattern(path).fullmatch(one) for one in matches)
    assert not any(pattern(path).fullmatch(one) for one in does_not)
