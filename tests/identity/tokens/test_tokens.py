"""Tokens over HTTP: every method and scope, validation and revocation, and what ends them at once."""

import time

import msgspec
import pytest

from dicot.api.token import Payload, Sealer
from dicot.identity import keyring
from dicot.identity.tokens.handlers import EXPIRED_WINDOW_S
from tests.cloud import Cloud, Project, login
from tests.identity.people import issue, new_user, password_of, refusal, rescope, role_id

NOT_AUTHENTICATED = (401, "The request you have made requires authentication.")


def validated(cloud: Cloud, token: str):
    return cloud.admin.identity.get("/auth/tokens", headers={"X-Subject-Token": token})


def works(project: Project, token: str | None = None) -> bool:
    headers = {"X-Auth-Token": token} if token else {}
    answer = project.identity.get("/auth/projects", headers=headers)
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


def test_a_project_token(cloud: Cloud, project: Project):
    answer = login(cloud.url, project.name, project.password, project.name)
    assert answer.status_code == 201
    assert answer.headers["Vary"] == "X-Auth-Token"
    token = answer.json()["token"]
    assert token["methods"] == ["password"]
    assert token["user"] == {
        "domain": {"id": "default", "name": "Default"},
        "id": project.user_id,
        "name": project.name,
        "password_expires_at": None,
    }
    assert token["project"] == {
        "domain": {"id": "default", "name": "Default"},
        "id": project.project_id,
        "name": project.name,
    }
    assert token["is_domain"] is False
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert len(token["audit_ids"]) == 1
    assert token["expires_at"].endswith(".000000Z")
    types = {entry["type"]: entry for entry in token["catalog"]}
    assert {"identity", "compute", "image", "network", "block-storage"} <= set(types)
    for entry in token["catalog"]:
        assert {one["interface"] for one in entry["endpoints"]} == {"public", "internal", "admin"}
        assert {one["region"] for one in entry["endpoints"]} == {"RegionOne"}
        assert {one["region_id"] for one in entry["endpoints"]} == {"RegionOne"}
        assert all(one["url"].startswith(cloud.url) for one in entry["endpoints"])
    assert types["block-storage"]["endpoints"][0]["url"].endswith(f"/volume/v3/{project.project_id}")
    assert types["compute"]["endpoints"][0]["url"].endswith("/compute/v2.1")


def test_the_catalog_can_be_left_out(cloud: Cloud, project: Project):
    answer = issue(cloud.url, password_of(project.user_id, project.password), query="?nocatalog")
    assert "catalog" not in answer.json()["token"]


def test_unscoped(cloud: Cloud, project: Project):
    answer = issue(cloud.url, password_of(project.user_id, project.password), "unscoped")
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert not {"project", "domain", "system", "roles", "catalog"} & set(token)
    assert rescope(cloud.url, answer.headers["X-Subject-Token"]).status_code == 201


def test_the_default_project_is_the_scope_when_none_is_asked_for(cloud: Cloud, project: Project):
    cloud.admin.identity.patch(
        f"/users/{project.user_id}", json={"user": {"default_project_id": project.project_id}}
    ).raise_for_status()
    token = issue(cloud.url, password_of(project.user_id, project.password)).json()["token"]
    assert token["project"]["id"] == project.project_id


def test_a_default_project_without_a_role_gives_an_unscoped_token(cloud: Cloud, project: Project):
    user = new_user(cloud, default_project_id=project.project_id)
    answer = issue(cloud.url, password_of(user["id"], user["password"]))
    assert answer.status_code == 201
    assert "project" not in answer.json()["token"]


def test_a_system_token_of_the_administrator(cloud: Cloud, state):
    answer = rescope(cloud.url, cloud.admin.token, {"system": {"all": True}})
    token = answer.json()["token"]
    assert token["system"] == {"all": True}
    assert {role["name"] for role in token["roles"]} == {"admin", "manager", "member", "reader"}
    without_project = {entry["type"]: entry["endpoints"] for entry in token["catalog"]}
    assert without_project["block-storage"] == []
    assert len(without_project["compute"]) == 3


@pytest.mark.parametrize("scope", [{"system": {"all": True}}, {"domain": {"id": "default"}}, {"project": {"id": "x"}}])
def test_a_scope_without_a_role_is_refused(cloud: Cloud, project: Project, scope):
    answer = issue(cloud.url, password_of(project.user_id, project.password), scope)
    assert refusal(answer) == NOT_AUTHENTICATED
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{cloud.url}/identity/v3"'


def test_a_domain_token(cloud: Cloud, project: Project):
    grant = f"/domains/default/users/{project.user_id}/roles/{role_id(cloud, 'reader')}"
    cloud.admin.identity.put(grant).raise_for_status()
    answer = issue(cloud.url, password_of(project.user_id, project.password), {"domain": {"name": "Default"}})
    assert answer.status_code == 201
    token = answer.json()["token"]
    assert token["domain"] == {"id": "default", "name": "Default"}
    assert [role["name"] for role in token["roles"]] == ["reader"]
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert project.identity.get("/users", headers=headers).status_code == 200
    assert project.identity.post("/users", headers=headers, json={"user": {"name": "n"}}).status_code == 403
    assert cloud.admin.identity.delete(grant).status_code == 204
    assert project.identity.get("/users", headers=headers).status_code == 401


def test_somebody_elses_project_is_refused(cloud: Cloud, project: Project, other_project: Project):
    answer = login(cloud.url, project.name, project.password, other_project.name)
    assert refusal(answer) == NOT_AUTHENTICATED


def test_unknown_user_and_wrong_password_are_one_answer_in_one_time(cloud: Cloud, project: Project):
    def seconds(name: str) -> float:
        started = time.perf_counter()
        answer = login(cloud.url, name, "wrong", None)
        took = time.perf_counter() - started
        assert refusal(answer) == NOT_AUTHENTICATED
        return took

    known = min(seconds(project.name) for _ in range(5))
    unknown = min(seconds("nobody-of-this-name") for _ in range(5))
    assert unknown > known / 3, "an unknown name must cost a hash, too"


def test_rescoping_keeps_the_end_and_the_chain(cloud: Cloud, project: Project):
    first = issue(cloud.url, password_of(project.user_id, project.password), "unscoped")
    again = rescope(cloud.url, first.headers["X-Subject-Token"], {"project": {"id": project.project_id}})
    before, after = first.json()["token"], again.json()["token"]
    assert after["expires_at"] == before["expires_at"]
    assert after["methods"] == ["password", "token"]
    assert after["audit_ids"][1:] == before["audit_ids"]


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ({"auth": {"scope": {}}}, "'identity' is a required property"),
        ({}, "'auth' is a required property"),
        ({"auth": {"identity": {"methods": "password"}}}, "'password' is not of type 'array'"),
        ({"auth": {"identity": {"methods": ["password"]}}}, "Expecting to find password in identity."),
        (
            {"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "n", "password": "p"}}}}},
            "Expecting to find domain in user.",
        ),
    ],
)
def test_what_is_malformed_is_named(anonymous, body, sentence):
    status, message = refusal(anonymous.post("/identity/v3/auth/tokens", json=body))
    assert status == 400
    assert sentence in message


def test_a_body_that_is_not_json(anonymous):
    status, message = refusal(anonymous.post("/identity/v3/auth/tokens", content=b"{not json"))
    assert status == 400
    assert message.startswith("Expecting to find valid JSON in request body.")


def test_an_unknown_method_is_refused(cloud: Cloud):
    answer = issue(cloud.url, {"methods": ["totp"], "totp": {}})
    assert refusal(answer) == (401, "Attempted to authenticate with an unsupported method.")


def test_scope_must_be_one(cloud: Cloud, project: Project):
    both = {"project": {"id": project.project_id}, "domain": {"id": "default"}}
    status, message = refusal(issue(cloud.url, password_of(project.user_id, project.password), both))
    assert status == 400
    assert "in scope." in message


def test_validate_and_check(cloud: Cloud, project: Project):
    answer = validated(cloud, project.token)
    assert answer.status_code == 200
    assert answer.headers["X-Subject-Token"] == project.token
    assert answer.json()["token"]["user"]["id"] == project.user_id
    own = project.identity.get("/auth/tokens", headers={"X-Subject-Token": project.token})
    assert own.json() == answer.json()
    head = cloud.admin.identity.head("/auth/tokens", headers={"X-Subject-Token": project.token})
    assert (head.status_code, head.content) == (200, b"")


def test_validate_what_is_no_token(cloud: Cloud):
    assert refusal(validated(cloud, "gAAAAAbogus")) == (404, "Could not recognize Fernet token")


def test_somebody_elses_token_is_not_validated_for_a_member(project: Project, other_project: Project):
    answer = project.identity.get("/auth/tokens", headers={"X-Subject-Token": other_project.token})
    assert refusal(answer) == (403, "You are not authorized to perform the requested action: identity:validate_token.")


def test_who_validates_tokens_does_not_revoke_them(cloud: Cloud, project: Project, other_project: Project):
    service = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'service')}"
    assert cloud.admin.identity.put(service).status_code == 204
    headers = {"X-Subject-Token": other_project.token}
    assert project.identity.get("/auth/tokens", headers=headers).status_code == 200
    answer = project.identity.delete("/auth/tokens", headers=headers)
    assert refusal(answer) == (403, "You are not authorized to perform the requested action: identity:revoke_token.")
    assert works(other_project)


def test_revoke(cloud: Cloud, project: Project):
    second = login(cloud.url, project.name, project.password, project.name).headers["X-Subject-Token"]
    assert works(project, second)
    gone = project.identity.delete("/auth/tokens", headers={"X-Subject-Token": second})
    assert (gone.status_code, gone.content) == (204, b"")
    assert not works(project, second)
    assert works(project), "other tokens of the user go on"
    assert refusal(validated(cloud, second)) == (404, "Failed to validate token")


def test_revocations_are_listed(cloud: Cloud, project: Project):
    token = project.token
    own = {"X-Subject-Token": token}
    audit_id = project.identity.get("/auth/tokens", headers=own).json()["token"]["audit_ids"][0]
    assert refusal(project.identity.get("/OS-REVOKE/events"))[0] == 403
    assert project.identity.delete("/auth/tokens", headers=own).status_code == 204
    body = cloud.admin.identity.get("/OS-REVOKE/events").json()
    (event,) = [one for one in body["events"] if one["audit_id"] == audit_id]
    assert set(event) == {"audit_id", "issued_before", "revoked_at"}
    assert token not in str(body)
    later = cloud.admin.identity.get("/OS-REVOKE/events?since=2999-01-01T00:00:00Z").json()
    assert later["events"] == []
    assert refusal(cloud.admin.identity.get("/OS-REVOKE/events?since=soon"))[0] == 400


@pytest.mark.parametrize("token", ["", "bogus", "x" * 10_000])
def test_a_bad_token_is_refused(cloud: Cloud, anonymous, token):
    headers = {"X-Auth-Token": token} if token else {}
    answer = anonymous.get("/identity/v3/projects", headers=headers)
    assert refusal(answer) == NOT_AUTHENTICATED
    assert answer.headers["WWW-Authenticate"] == f'Keystone uri="{cloud.url}/identity/v3"'


def test_an_expired_token_is_refused(cloud: Cloud, project: Project):
    secret = cloud.kube.get(f"/api/v1/namespaces/dicot-system/secrets/{keyring.NAME}").json()
    sealer = Sealer(keyring.keys_of(secret))
    payload = sealer.open(project.token)
    assert payload is not None
    expired = sealer.seal(msgspec.structs.replace(payload, expires_at=time.time() - 1))
    assert not works(project, expired)
    assert refusal(validated(cloud, expired)) == (404, "Failed to validate token")


def test_a_role_that_is_taken_away_ends_the_token(cloud: Cloud, project: Project):
    grant = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    assert works(project)
    assert cloud.admin.identity.delete(grant).status_code == 204
    assert not works(project)
    assert cloud.admin.identity.put(grant).status_code == 204
    assert works(project)


@pytest.mark.parametrize("what", ["users", "projects"])
def test_what_is_disabled_ends_the_token(cloud: Cloud, project: Project, what):
    key = what.removesuffix("s")
    identity = project.user_id if what == "users" else project.project_id
    changed = cloud.admin.identity.patch(f"/{what}/{identity}", json={key: {"enabled": False}})
    assert changed.json()[key]["enabled"] is False
    assert not works(project)
    assert login(cloud.url, project.name, project.password, project.name).status_code == 401


def test_a_deleted_user_is_shut_out(cloud: Cloud, project: Project):
    assert cloud.admin.identity.delete(f"/users/{project.user_id}").status_code == 204
    assert not works(project)


def test_a_new_password_ends_every_token(cloud: Cloud, project: Project):
    path = f"/users/{project.user_id}/password"
    wrong = {"user": {"original_password": "wrong", "password": "new-password"}}
    assert refusal(project.identity.post(path, json=wrong)) == NOT_AUTHENTICATED
    assert works(project)
    right = {"user": {"original_password": project.password, "password": "new-password"}}
    assert project.identity.post(path, json=right).status_code == 204
    assert not works(project)
    assert login(cloud.url, project.name, project.password, project.name).status_code == 401
    assert login(cloud.url, project.name, "new-password", project.name).status_code == 201


def test_a_person_of_kubernetes_logs_in_with_a_kubernetes_token(cloud: Cloud, project: Project):
    accounts = f"/api/v1/namespaces/{project.namespace}/serviceaccounts"
    cloud.kube.post(accounts, json={"metadata": {"name": "robot"}}).raise_for_status()
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 3600}}
    bearer = cloud.kube.post(f"{accounts}/robot/token", json=asked).json()["status"]["token"]
    binding = {
        "metadata": {"name": "robot-edits"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"kind": "ServiceAccount", "name": "robot", "namespace": project.namespace}],
    }
    bindings = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{project.namespace}/rolebindings"
    cloud.kube.post(bindings, json=binding).raise_for_status()
    name = f"system:serviceaccount:{project.namespace}:robot"
    deadline = time.monotonic() + 5
    while (answer := login(cloud.url, name, bearer, project.name)).status_code != 201:
        assert time.monotonic() < deadline, answer.text
    token = answer.json()["token"]
    assert token["user"]["name"] == name
    assert {role["name"] for role in token["roles"]} == {"member", "reader"}
    assert (
        refusal(login(cloud.url, "system:serviceaccount:kube-system:robot", bearer, project.name)) == NOT_AUTHENTICATED
    )
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert project.identity.get(f"/users/{token['user']['id']}", headers=headers).json()["user"]["name"] == name


def test_a_token_that_has_ended_can_be_shown(cloud: Cloud, project: Project):
    secret = cloud.kube.get(f"/api/v1/namespaces/dicot-system/secrets/{keyring.NAME}").json()
    now = time.time()
    payload = Payload(project.user_id, ("password",), ("ended",), now - 100, now - 10, project_id=project.project_id)
    headers = {"X-Subject-Token": Sealer(keyring.keys_of(secret)).seal(payload)}
    admin = cloud.admin.identity
    assert refusal(admin.get("/auth/tokens", headers=headers))[0] == 404
    shown = admin.get("/auth/tokens?allow_expired=1", headers=headers).json()["token"]
    assert shown["project"]["id"] == project.project_id
    long_ago = msgspec.structs.replace(payload, expires_at=now - EXPIRED_WINDOW_S - 1)
    headers = {"X-Subject-Token": Sealer(keyring.keys_of(secret)).seal(long_ago)}
    assert refusal(admin.get("/auth/tokens?allow_expired=1", headers=headers))[0] == 404


def test_totp_is_refused_by_name(cloud: Cloud, project: Project):
    identity = {"methods": ["totp"], "totp": {"user": {"id": project.user_id, "passcode": "1"}}}
    assert refusal(issue(cloud.url, identity)) == (401, "Attempted to authenticate with an unsupported method.")


def test_a_token_for_the_system_does_not_become_one_for_a_project(cloud: Cloud):
    system = rescope(cloud.url, cloud.admin.token, {"system": {"all": True}}).headers["X-Subject-Token"]
    answer = rescope(cloud.url, system, {"project": {"id": cloud.admin.project_id}})
    assert refusal(answer)[0] == 403
