"""People whom only Kubernetes knows, through the real keystoneauth plugins and the real command line."""

from __future__ import annotations

import base64
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3

from dicot.development import Development
from tests.audited import listening
from tests.cloud import Cloud, Project
from tests.identity.people import issue, refusal

Json = dict[str, Any]

PATH = "/identity/v3/OS-FEDERATION/identity_providers/kubernetes/protocols/openid/auth"
LIFETIME_S = 600


class Robot:
    """A ServiceAccount in a project's namespace, with the role of a member, and a bearer token."""

    def __init__(self, project: Project, audiences: list[str] | None = None, role: str = "edit") -> None:
        self.project = project
        kube, namespace, self.name = project.cloud.kube, project.namespace, f"robot-{secrets.token_hex(4)}"
        self.username = f"system:serviceaccount:{namespace}:{self.name}"
        path = f"/api/v1/namespaces/{namespace}/serviceaccounts"
        kube.post(path, json={"metadata": {"name": self.name}}).raise_for_status()
        spec: Json = {"expirationSeconds": LIFETIME_S} | ({"audiences": audiences} if audiences else {})
        made = kube.post(f"{path}/{self.name}/token", json={"spec": spec})
        made.raise_for_status()
        self.token: str = made.json()["status"]["token"]
        self.binding = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
        body = {
            "metadata": {"name": self.name},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role},
            "subjects": [{"kind": "ServiceAccount", "name": self.name, "namespace": namespace}],
        }
        kube.post(self.binding, json=body).raise_for_status()


@pytest.fixture
def robot(project: Project) -> Robot:
    return Robot(project)


def bearer(cloud: Cloud, text: str, method: str = "POST", path: str = PATH) -> httpx2.Response:
    return httpx2.request(method, cloud.url + path, headers={"Authorization": text}, timeout=30)


def plugin(cloud: Cloud, robot: Robot, **scope: str) -> v3.OidcAccessToken:
    return v3.OidcAccessToken(
        f"{cloud.url}/identity/v3", identity_provider="kubernetes", protocol="openid", access_token=robot.token, **scope
    )


def test_keystoneauth_logs_in_and_rescopes(cloud: Cloud, robot: Robot) -> None:
    scoped = plugin(cloud, robot, project_id=robot.project.project_id)
    client = session.Session(auth=scoped)
    access = scoped.get_access(client)
    assert access.username == robot.username
    assert access.project_id == robot.project.project_id
    assert set(access.role_names) >= {"member", "reader"}
    answer = client.get("/servers", endpoint_filter={"service_type": "compute"})
    assert answer.json() == {"servers": []}


def test_what_it_writes_names_it(cloud: Cloud, project: Project, development: Development) -> None:
    """The audit log names the ServiceAccount, not Dicot, as whoever made an object."""
    robot = Robot(project, role="dicot:member")
    client = session.Session(auth=plugin(cloud, robot, project_id=project.project_id))
    with listening(development) as heard:
        made = client.post(f"{cloud.url}/network/v2.0/networks", json={"network": {"name": "robots"}})
        creations = [
            one for one in heard if one["verb"] == "create" and one.get("objectRef", {}).get("resource") == "networks"
        ]
    assert made.status_code == 201
    assert [one["impersonatedUser"]["username"] for one in creations] == [robot.username]


def test_the_unscoped_token(cloud: Cloud, robot: Robot) -> None:
    for method in ("GET", "POST"):
        answer = bearer(cloud, f"Bearer {robot.token}", method)
        assert answer.status_code == 201, answer.text
        token = answer.json()["token"]
        assert token["methods"] == ["openid"]
        assert "project" not in token
        assert token["user"]["name"] == robot.username
        assert token["user"]["OS-FEDERATION"] == {
            "groups": [],
            "identity_provider": {"id": "kubernetes"},
            "protocol": {"id": "openid"},
        }
        own = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        for path in ("/auth/projects", "/OS-FEDERATION/projects"):
            found = httpx2.get(f"{cloud.url}/identity/v3{path}", headers=own).json()["projects"]
            assert [one["id"] for one in found] == [robot.project.project_id]


def test_a_token_lasts_no_longer_than_the_bearer_token(cloud: Cloud, robot: Robot) -> None:
    claims = robot.token.split(".")[1]
    ends = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"]
    assert ends < time.time() + LIFETIME_S + 5
    told = bearer(cloud, f"Bearer {robot.token}").json()["token"]["expires_at"]
    assert told == time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime(ends))


def test_the_token_method_takes_a_bearer_token(cloud: Cloud, robot: Robot) -> None:
    scoped = v3.Token(f"{cloud.url}/identity/v3", token=robot.token, project_id=robot.project.project_id)
    access = scoped.get_access(session.Session())
    assert access.username == robot.username
    assert "member" in access.role_names


def test_the_password_method_takes_a_bearer_token(cloud: Cloud, robot: Robot) -> None:
    scoped = v3.Password(
        f"{cloud.url}/identity/v3",
        username=robot.username,
        user_domain_id="default",
        password=robot.token,
        project_id=robot.project.project_id,
    )
    assert scoped.get_access(session.Session()).username == robot.username


@pytest.mark.parametrize("text", ["", "Bearer", "Bearer nonsense", "Basic eDp5", "Bearer " + "x" * 20_000])
def test_what_is_no_bearer_token(cloud: Cloud, text: str) -> None:
    answer = bearer(cloud, text)
    assert refusal(answer) == (401, "The request you have made requires authentication.")


def test_a_changed_bearer_token(cloud: Cloud, robot: Robot) -> None:
    changed = robot.token[:-1] + ("A" if robot.token[-1] != "A" else "B")
    assert bearer(cloud, f"Bearer {changed}").status_code == 401
    with pytest.raises(exceptions.Unauthorized):
        v3.Token(f"{cloud.url}/identity/v3", token=changed).get_access(session.Session())


def test_a_bearer_token_for_somebody_else(cloud: Cloud, project: Project) -> None:
    """A token that was made for another service is not good here, though it is genuine."""
    robot = Robot(project, audiences=["https://other.example.org"])
    assert bearer(cloud, f"Bearer {robot.token}").status_code == 401
    assert issue(cloud.url, {"methods": ["token"], "token": {"id": robot.token}}).status_code == 401


def test_nobody_logs_in_as_dicot(cloud: Cloud, development: Development) -> None:
    path = "/api/v1/namespaces/dicot-system/serviceaccounts/dicot/token"
    token = cloud.kube.post(path, json={"spec": {}}).json()["status"]["token"]
    assert bearer(cloud, f"Bearer {token}").status_code == 401


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        (PATH.replace("kubernetes", "other"), "Could not find Identity Provider: other."),
        (
            PATH.replace("openid", "saml2"),
            "Could not find federated protocol saml2 for Identity Provider: kubernetes.",
        ),
    ],
)
def test_other_providers_and_protocols(cloud: Cloud, robot: Robot, path: str, sentence: str) -> None:
    assert refusal(bearer(cloud, f"Bearer {robot.token}", path=path)) == (404, sentence)


def test_removing_the_binding_ends_it_at_once(cloud: Cloud, robot: Robot) -> None:
    scope = {"project": {"id": robot.project.project_id}}
    answer = issue(cloud.url, {"methods": ["token"], "token": {"id": robot.token}}, scope)
    assert answer.status_code == 201, answer.text
    headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
    assert httpx2.get(f"{cloud.url}/compute/v2.1/servers", headers=headers).status_code == 200
    cloud.kube.delete(f"{robot.binding}/{robot.name}").raise_for_status()
    wish = {"network": {"name": "late"}}
    deadline = time.monotonic() + 10
    while (status := httpx2.post(f"{cloud.url}/network/v2.0/networks", headers=headers, json=wish).status_code) == 201:
        assert time.monotonic() < deadline
    assert status in {401, 403}


def test_the_command_line(cloud: Cloud, robot: Robot, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "openstackclient.shell", "--os-auth-type", "v3oidcaccesstoken"]
    command += ["--os-auth-url", f"{cloud.url}/identity/v3", "--os-identity-provider", "kubernetes"]
    command += ["--os-protocol", "openid", "--os-access-token", robot.token]
    command += ["--os-project-id", robot.project.project_id, "token", "issue", "-f", "json"]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    assert msgspec.json.decode(done.stdout)["project_id"] == robot.project.project_id
