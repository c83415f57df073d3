"""Trusts over HTTP: what a token of one may do, and when it may do nothing any more."""

import secrets
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from dicot.identity.times import stamp
from tests.cloud import Cloud, Project, wait_for
from tests.identity.people import issue, new_user, password_of, refusal, rescope, role_id

Json = dict[str, Any]
TRUSTS = "/OS-TRUST/trusts"
RBAC = "/apis/rbac.authorization.k8s.io/v1"


class Trustee(NamedTuple):
    """Who is trusted: a user without any role, logged in."""

    user_id: str
    password: str
    token: str


@pytest.fixture
def trustee(cloud: Cloud) -> Iterator[Trustee]:
    made = new_user(cloud)
    answer = issue(cloud.url, password_of(made["id"], made["password"]), "unscoped")
    yield Trustee(made["id"], made["password"], answer.headers["X-Subject-Token"])
    cloud.admin.identity.delete(f"/users/{made['id']}")


def wish(project: Project, trustee: Trustee, **more: Any) -> Json:
    trust = {
        "trustor_user_id": project.user_id,
        "trustee_user_id": trustee.user_id,
        "project_id": project.project_id,
        "impersonation": True,
        "roles": [{"name": "member"}],
        **more,
    }
    return {"trust": trust}


def trusted(project: Project, trustee: Trustee, **more: Any) -> Json:
    answer = project.identity.post(TRUSTS, json=wish(project, trustee, **more))
    assert answer.status_code == 201, answer.text
    return answer.json()["trust"]


def by(cloud: Cloud, trustee: Trustee, trust_id: str):
    """Ask for a token of a trust."""
    return rescope(cloud.url, trustee.token, {"OS-TRUST:trust": {"id": trust_id}})


def headers(answer) -> dict[str, str]:
    assert answer.status_code == 201, answer.text
    return {"X-Auth-Token": answer.headers["X-Subject-Token"]}


def bindings(project: Project, trust_id: str) -> list[Json]:
    return [one for one in project.objects(f"{RBAC}/rolebindings") if trust_id in str(one.get("subjects"))]


def test_a_trust(cloud: Cloud, project: Project, trustee: Trustee):
    trust = trusted(project, trustee)
    assert trust["roles"][0]["id"] == role_id(cloud, "member")
    assert {key: trust[key] for key in ("expires_at", "remaining_uses", "deleted_at", "redelegation_count")} == {
        "expires_at": None,
        "remaining_uses": None,
        "deleted_at": None,
        "redelegation_count": 0,
    }
    path = f"{TRUSTS}/{trust['id']}"
    assert project.identity.get(path).json()["trust"] == trust
    shown = project.identity.get(f"{path}/roles").json()
    assert [one["name"] for one in shown["roles"]] == ["member"]
    assert project.identity.get(f"{path}/roles/{role_id(cloud, 'member')}").json()["role"]["name"] == "member"
    assert refusal(project.identity.get(f"{path}/roles/{role_id(cloud, 'reader')}"))[0] == 404
    listed = project.identity.get(TRUSTS, params={"trustor_user_id": project.user_id}).json()["trusts"]
    assert [one["id"] for one in listed] == [trust["id"]]
    assert "roles" not in listed[0]
    mine = {"X-Auth-Token": trustee.token}
    listed = project.identity.get(TRUSTS, params={"trustee_user_id": trustee.user_id}, headers=mine).json()["trusts"]
    assert [one["id"] for one in listed] == [trust["id"]]
    assert refusal(project.identity.get(TRUSTS, headers=mine))[0] == 403
    assert refusal(project.identity.delete(path, headers=mine))[0] == 403
    (bound,) = bindings(project, trust["id"])
    assert bound["roleRef"]["name"] == "dicot:member"
    assert bound["metadata"]["ownerReferences"][0]["kind"] == "Trust"
    assert project.identity.delete(path).status_code == 204
    assert refusal(project.identity.get(path)) == (404, f"Could not find trust: {trust['id']}.")
    assert bindings(project, trust["id"]) == []


@pytest.mark.parametrize("impersonation", [True, False])
def test_a_token_of_a_trust(cloud: Cloud, project: Project, trustee: Trustee, impersonation: bool):
    trust = trusted(project, trustee, impersonation=impersonation, roles=[{"name": "reader"}])
    answer = by(cloud, trustee, trust["id"])
    token = answer.json()["token"]
    assert token["OS-TRUST:trust"] == {
        "id": trust["id"],
        "trustor_user": {"id": project.user_id},
        "trustee_user": {"id": trustee.user_id},
        "impersonation": impersonation,
    }
    assert token["user"]["id"] == (project.user_id if impersonation else trustee.user_id)
    assert [role["name"] for role in token["roles"]] == ["reader"]
    assert token["project"]["id"] == project.project_id
    mine = headers(answer)
    assert project.compute.get("/servers", headers=mine).status_code == 200
    volume = {"volume": {"size": 1}}
    assert project.volume_at("3.71").post("/volumes", json=volume, headers=mine).status_code == 403
    shown = cloud.admin.identity.get("/auth/tokens", headers={"X-Subject-Token": mine["X-Auth-Token"]})
    assert shown.json()["token"]["OS-TRUST:trust"]["id"] == trust["id"]


def test_what_it_makes_is_made_by_the_trust_in_kubernetes(cloud: Cloud, project: Project, trustee: Trustee):
    mine = headers(by(cloud, trustee, trusted(project, trustee)["id"]))
    made = project.volume_at("3.71").post("/volumes", json={"volume": {"size": 1}}, headers=mine)
    assert made.status_code == 202, made.text


def test_only_the_trustee(cloud: Cloud, project: Project, trustee: Trustee):
    trust = trusted(project, trustee)
    scope = {"OS-TRUST:trust": {"id": trust["id"]}}
    assert rescope(cloud.url, project.token, scope).status_code == 403
    assert rescope(cloud.url, trustee.token, {"OS-TRUST:trust": {"id": "nosuch"}}).status_code == 401


def test_what_a_token_of_a_trust_may_not_do(cloud: Cloud, project: Project, trustee: Trustee):
    mine = headers(by(cloud, trustee, trusted(project, trustee)["id"]))
    answer = rescope(cloud.url, mine["X-Auth-Token"], {"project": {"id": project.project_id}})
    assert refusal(answer)[0] == 403
    credential = {"application_credential": {"name": "stolen"}}
    path = f"/users/{project.user_id}/application_credentials"
    assert refusal(project.identity.post(path, json=credential, headers=mine))[0] == 403


def end_role(cloud: Cloud, project: Project, trustee: Trustee, trust_id: str) -> None:
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.admin.identity.delete(path).status_code == 204


def end_trustor(cloud: Cloud, project: Project, trustee: Trustee, trust_id: str) -> None:
    cloud.admin.identity.patch(f"/users/{project.user_id}", json={"user": {"enabled": False}}).raise_for_status()


def end_trustee(cloud: Cloud, project: Project, trustee: Trustee, trust_id: str) -> None:
    cloud.admin.identity.patch(f"/users/{trustee.user_id}", json={"user": {"enabled": False}}).raise_for_status()


def end_trust(cloud: Cloud, project: Project, trustee: Trustee, trust_id: str) -> None:
    assert cloud.admin.identity.delete(f"{TRUSTS}/{trust_id}").status_code == 204


def end_project(cloud: Cloud, project: Project, trustee: Trustee, trust_id: str) -> None:
    body = {"project": {"enabled": False}}
    cloud.admin.identity.patch(f"/projects/{project.project_id}", json=body).raise_for_status()


@pytest.mark.parametrize("end", [end_role, end_trustor, end_trustee, end_trust, end_project])
def test_what_ends_it(cloud: Cloud, project: Project, trustee: Trustee, end):
    trust = trusted(project, trustee)
    mine = headers(by(cloud, trustee, trust["id"]))
    assert project.compute.get("/servers", headers=mine).status_code == 200
    end(cloud, project, trustee, trust["id"])
    assert project.compute.get("/servers", headers=mine).status_code == 401
    assert by(cloud, trustee, trust["id"]).status_code == 401


def test_a_binding_that_kubectl_removes_ends_it(cloud: Cloud, project: Project, trustee: Trustee):
    trust = trusted(project, trustee)
    mine = headers(by(cloud, trustee, trust["id"]))
    (bound,) = bindings(project, trust["id"])
    cloud.kube.delete(f"{RBAC}/namespaces/{project.namespace}/rolebindings/{bound['metadata']['name']}")
    wait_for(lambda: project.compute.get("/servers", headers=mine).status_code == 401, "the token to be refused")


def test_uses_are_counted(cloud: Cloud, project: Project, trustee: Trustee):
    trust = trusted(project, trustee, remaining_uses=2)
    by(cloud, trustee, trust["id"])
    assert project.identity.get(f"{TRUSTS}/{trust['id']}").json()["trust"]["remaining_uses"] == 1
    by(cloud, trustee, trust["id"])
    assert by(cloud, trustee, trust["id"]).status_code == 401
    assert refusal(project.identity.get(f"{TRUSTS}/{trust['id']}"))[0] == 404


def test_it_ends_by_itself(cloud: Cloud, project: Project, trustee: Trustee):
    trust = trusted(project, trustee, expires_at="2100-01-01T00:00:00Z")
    assert trust["expires_at"] == "2100-01-01T00:00:00.000000Z"
    mine = headers(by(cloud, trustee, trust["id"]))
    name = f"/apis/identity.dicot.io/v1alpha1/trusts/trust-{trust['id']}"
    over = {"spec": {"expiresAt": stamp(0)}}
    cloud.kube.patch(name, json=over, headers={"Content-Type": "application/merge-patch+json"}).raise_for_status()
    wait_for(lambda: project.compute.get("/servers", headers=mine).status_code == 401, "the trust to end")


@pytest.mark.parametrize(
    ("more", "status", "words"),
    [
        ({"expires_at": "bad.123Z"}, 400, "Timestamp not in expected format"),
        ({"expires_at": "2001-01-01T00:00:00Z"}, 400, "before now"),
        ({"remaining_uses": 0}, 400, "remaining_uses"),
        ({"roles": []}, 403, "At least one role"),
        ({"roles": [{"name": "admin"}]}, 404, "Could not find role"),
        ({"roles": [{"name": "nosuch"}]}, 404, "Could not find role: nosuch"),
        ({"trustee_user_id": "nosuch"}, 404, "Could not find user: nosuch"),
        ({"trustor_user_id": "another"}, 403, "create_trust"),
        ({"redelegation_count": 4, "allow_redelegation": True}, 403, "greater than allowed"),
        ({"remaining_uses": 1, "allow_redelegation": True}, 400, "remaining_uses"),
    ],
)
def test_bad_input(project: Project, trustee: Trustee, more, status, words):
    answer = project.identity.post(TRUSTS, json=wish(project, trustee, **more))
    assert refusal(answer)[0] == status
    assert words in refusal(answer)[1]


def test_redelegation(cloud: Cloud, project: Project, trustee: Trustee):
    third = new_user(cloud)
    other = issue(cloud.url, password_of(third["id"], third["password"]), "unscoped").headers["X-Subject-Token"]
    first = trusted(project, trustee, allow_redelegation=True, redelegation_count=1, expires_at="2100-01-01T00:00:00Z")
    mine = headers(by(cloud, trustee, first["id"]))
    later = wish(project, trustee, trustee_user_id=third["id"], roles=[{"name": "member"}])
    longer = {"trust": {**later["trust"], "expires_at": "2200-01-01T00:00:00Z"}}
    assert refusal(project.identity.post(TRUSTS, json=longer, headers=mine))[0] == 403
    more = {"trust": {**later["trust"], "roles": [{"name": "reader"}]}}
    assert refusal(project.identity.post(TRUSTS, json=more, headers=mine))[0] == 403
    made = project.identity.post(TRUSTS, json=later, headers=mine)
    assert made.status_code == 201, made.text
    second = made.json()["trust"]
    assert second["redelegated_trust_id"] == first["id"]
    assert (second["redelegation_count"], second["expires_at"]) == (0, first["expires_at"])
    theirs = headers(rescope(cloud.url, other, {"OS-TRUST:trust": {"id": second["id"]}}))
    assert project.compute.get("/servers", headers=theirs).status_code == 200
    fourth = {"trust": {**later["trust"], "trustee_user_id": trustee.user_id}}
    assert refusal(project.identity.post(TRUSTS, json=fourth, headers=theirs))[0] == 403, "the depth is used up"
    assert project.identity.delete(f"{TRUSTS}/{first['id']}").status_code == 204
    assert project.compute.get("/servers", headers=theirs).status_code == 401, "it ends with what it came from"
    assert refusal(project.identity.get(f"{TRUSTS}/{second['id']}"))[0] == 404
    cloud.admin.identity.delete(f"/users/{third['id']}")


def test_a_user_who_is_deleted_leaves_no_trust(cloud: Cloud, project: Project):
    made = new_user(cloud, name=f"gone-{secrets.token_hex(4)}")
    trust = trusted(project, Trustee(made["id"], made["password"], ""))
    assert cloud.admin.identity.delete(f"/users/{made['id']}").status_code == 204
    assert bindings(project, trust["id"]) == []
