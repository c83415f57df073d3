"""From OpenStack to kubectl and no further: what a tenant's kubeconfig may do, and what ends it."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
import yaml

from dicot.development import Development
from tests.cloud import Cloud, Project, Session, wait_for
from tests.identity.people import issue, refusal, role_id
from tests.scenarios.occupied import colleague

Json = dict[str, Any]

PATH = "/OS-DICOT/kubeconfig"
MACHINES = "/apis/kubevirt.io/v1"
CREDENTIALS = "/apis/identity.dicot.io/v1alpha1/kubernetescredentials"
ACCOUNTS = "/api/v1/namespaces/dicot-system/serviceaccounts"


def asked(session: Session, **wish: Any) -> Json:
    answer = session.identity.post(PATH, json={"kubeconfig": wish})
    assert answer.status_code == 201, answer.text
    return answer.json()


class Kubernetes:
    """The Kubernetes API with a tenant's kubeconfig, read as kubectl reads it."""

    def __init__(self, development: Development, config: Json) -> None:
        token = config["users"][0]["user"]["token"]
        self.namespace = config["contexts"][0]["context"]["namespace"]
        self._client = httpx2.Client(
            base_url=development.cluster.url, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    def machines(self, namespace: str = "") -> httpx2.Response:
        return self._client.get(f"{MACHINES}/namespaces/{namespace or self.namespace}/virtualmachines")

    def everywhere(self) -> httpx2.Response:
        return self._client.get(f"{MACHINES}/virtualmachines")

    def create(self, namespace: str) -> httpx2.Response:
        body = {"metadata": {"name": f"kubectl-{secrets.token_hex(4)}"}, "data": {}}
        return self._client.post(f"/api/v1/namespaces/{namespace}/secrets", json=body)

    def until(self, status: int, what: str) -> None:
        wait_for(lambda: self.machines().status_code == status, what)

    def close(self) -> None:
        self._client.close()


@pytest.fixture
def open_with(development: Development) -> Any:
    opened: list[Kubernetes] = []

    def make(session: Session, **wish: Any) -> Kubernetes:
        opened.append(Kubernetes(development, asked(session, **wish)["kubeconfig"]))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


Open = Callable[..., Kubernetes]


def left(cloud: Cloud, user_id: str) -> list[Json]:
    """Return what is left of a user's credentials."""
    records = [one for one in cloud.kube.get(CREDENTIALS).json()["items"] if one["spec"]["userId"] == user_id]
    names = {one["metadata"]["name"] for one in records}
    return [*records, *(one for one in cloud.kube.get(ACCOUNTS).json()["items"] if one["metadata"]["name"] in names)]


def test_a_member_goes_on_in_their_own_namespace_only(project: Project, other_project: Project, open_with: Open):
    kubernetes = open_with(project)
    assert kubernetes.namespace == project.namespace
    assert kubernetes.machines().status_code == 200
    assert kubernetes.create(project.namespace).status_code == 201
    assert kubernetes.machines(other_project.namespace).status_code == 403
    assert kubernetes.create(other_project.namespace).status_code == 403
    assert kubernetes.machines("dicot-system").status_code == 403
    assert kubernetes.create("dicot-system").status_code == 403
    assert kubernetes.everywhere().status_code == 403


def test_a_reader_reads(project: Project, open_with: Open):
    reader = colleague(project, "reader")
    kubernetes = open_with(reader)
    assert kubernetes.machines().status_code == 200
    assert kubernetes.create(project.namespace).status_code == 403
    reader.close()


def test_the_answer(project: Project):
    answer = asked(project, lifetime_s=700)
    config = answer["kubeconfig"]
    assert answer["namespace"] == project.namespace
    assert config["current-context"] == project.namespace
    assert config["clusters"][0]["cluster"]["server"].startswith("https://")
    assert "certificate-authority-data" in config["clusters"][0]["cluster"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kubeconfig": {"lifetime_s": 60}}, 400),
        ({"kubeconfig": {"lifetime_s": 10**6}}, 400),
        ({"kubeconfig": {"roles": ["admin"]}}, 400),
    ],
)
def test_what_is_not_given(project: Project, body: Json, status: int):
    assert refusal(project.identity.post(PATH, json=body))[0] == status


def test_a_token_without_a_project(cloud: Cloud, project: Project):
    identity = {"methods": ["password"], "password": {"user": {"id": project.user_id, "password": project.password}}}
    token = issue(cloud.url, identity, "unscoped").headers["X-Subject-Token"]
    answer = httpx2.post(f"{cloud.url}/identity/v3{PATH}", headers={"X-Auth-Token": token}, json={"kubeconfig": {}})
    assert refusal(answer)[0] == 403


def revoke_role(cloud: Cloud, project: Project) -> None:
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    assert cloud.admin.identity.delete(path).status_code == 204


def remove_binding(cloud: Cloud, project: Project) -> None:
    """Take the role away with kubectl's means."""
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{project.namespace}/rolebindings"
    subject = f"dicot:{project.user_id}"
    for one in cloud.kube.get(path).json()["items"]:
        if any(found["name"] == subject for found in one["subjects"]):
            cloud.kube.delete(f"{path}/{one['metadata']['name']}").raise_for_status()


def disable_user(cloud: Cloud, project: Project) -> None:
    assert cloud.admin.identity.patch(f"/users/{project.user_id}", json={"user": {"enabled": False}}).status_code == 200


def new_password(cloud: Cloud, project: Project) -> None:
    body = {"user": {"password": "another one"}}
    assert cloud.admin.identity.patch(f"/users/{project.user_id}", json=body).status_code == 200


def disable_project(cloud: Cloud, project: Project) -> None:
    body = {"project": {"enabled": False}}
    assert cloud.admin.identity.patch(f"/projects/{project.project_id}", json=body).status_code == 200


def end_token(cloud: Cloud, project: Project) -> None:
    own = {"X-Subject-Token": project.token}
    assert project.identity.delete("/auth/tokens", headers=own).status_code == 204


@pytest.mark.parametrize(
    "lose",
    [revoke_role, remove_binding, disable_user, new_password, disable_project, end_token],
    ids=lambda f: f.__name__,
)
def test_it_ends_with_the_login(cloud: Cloud, project: Project, open_with: Open, lose: Any):
    kubernetes = open_with(project)
    assert kubernetes.machines().status_code == 200
    assert len(left(cloud, project.user_id)) == 2
    lose(cloud, project)
    kubernetes.until(401, "the end of a token whose account is gone")
    wait_for(lambda: not left(cloud, project.user_id), "nothing to be left")


def test_it_becomes_what_the_role_becomes(cloud: Cloud, project: Project, open_with: Open):
    kubernetes = open_with(project)
    path = f"/projects/{project.project_id}/users/{project.user_id}/roles"
    assert cloud.admin.identity.put(f"{path}/{role_id(cloud, 'reader')}").status_code == 204
    assert cloud.admin.identity.delete(f"{path}/{role_id(cloud, 'member')}").status_code == 204
    wait_for(lambda: kubernetes.create(project.namespace).status_code == 403, "a reader's rights")
    assert kubernetes.machines().status_code == 200


def test_openstack_does_not_take_it_for_a_person(cloud: Cloud, project: Project):
    """It is no role assignment, and logs in nowhere: it is the other end of the way."""
    token = asked(project)["kubeconfig"]["users"][0]["user"]["token"]
    path = f"/role_assignments?scope.project.id={project.project_id}"
    found = cloud.admin.identity.get(path).json()["role_assignments"]
    assert [one["user"]["id"] for one in found] == [project.user_id]
    assert issue(cloud.url, {"methods": ["token"], "token": {"id": token}}).status_code == 401


def test_there_is_a_limit(cloud: Cloud, project: Project):
    statuses = [project.identity.post(PATH, json={"kubeconfig": {}}).status_code for _ in range(21)]
    assert statuses == [201] * 20 + [403]


def dicot(cloud: Cloud, tmp_path: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "dicot.cli", "kubeconfig", *arguments]
    return subprocess.run(
        command,
        capture_output=True,
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", **environment},
        timeout=120,
        cwd=tmp_path,
    )


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_the_real_kubectl_lists_ones_own_machines_and_no_one_elses(
    cloud: Cloud, project: Project, other_project: Project, tmp_path: Path
):
    for one in (project, other_project):
        body = {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "metadata": {"name": f"of-{one.namespace}"},
            "spec": {"runStrategy": "Halted", "template": {"spec": {"domain": {"devices": {}}}}},
        }
        made = cloud.kube.post(f"{MACHINES}/namespaces/{one.namespace}/virtualmachines", json=body)
        assert made.status_code == 201, made.text
    auth = {
        "OS_AUTH_URL": f"{cloud.url}/identity/v3",
        "OS_USERNAME": project.name,
        "OS_PASSWORD": project.password,
        "OS_PROJECT_NAME": project.name,
        "OS_USER_DOMAIN_NAME": "Default",
        "OS_PROJECT_DOMAIN_NAME": "Default",
    }
    done = dicot(cloud, tmp_path, "--output", "config", **auth)
    assert done.returncode == 0, done.stderr.decode()
    config = tmp_path / "config"
    assert config.stat().st_mode & 0o077 == 0, "it holds a token"

    def kubectl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            ["kubectl", "--kubeconfig", str(config), "--cache-dir", str(tmp_path / "cache"), *arguments],
            capture_output=True,
            timeout=60,
        )

    own = kubectl("get", "virtualmachines", "-o", "name")
    assert own.stdout.decode().split() == [f"virtualmachine.kubevirt.io/of-{project.namespace}"], own.stderr.decode()
    for arguments in (("-n", other_project.namespace), ("-A",)):
        others = kubectl("get", "virtualmachines", *arguments)
        assert others.returncode != 0
        assert b"Forbidden" in others.stderr


def test_the_command_reads_clouds_yaml(cloud: Cloud, project: Project, tmp_path: Path):
    wish = {"application_credential": {"name": "robot"}}
    made = project.identity.post(f"/users/{project.user_id}/application_credentials", json=wish)
    credential = made.json()["application_credential"]
    clouds = {
        "mine": {
            "auth_type": "v3applicationcredential",
            "auth": {
                "auth_url": f"{cloud.url}/identity",
                "application_credential_id": credential["id"],
                "application_credential_secret": credential["secret"],
            },
        }
    }
    (tmp_path / "clouds.yaml").write_text(yaml.safe_dump({"clouds": clouds}))
    done = dicot(cloud, tmp_path, "--cloud", "mine", "--lifetime", "600")
    assert done.returncode == 0, done.stderr.decode()
    config = yaml.safe_load(done.stdout)
    assert config["contexts"][0]["context"]["namespace"] == project.namespace


def test_the_command_says_what_is_wrong(cloud: Cloud, project: Project, tmp_path: Path):
    auth = {"OS_AUTH_URL": f"{cloud.url}/identity/v3", "OS_USERNAME": project.name, "OS_PASSWORD": "wrong"}
    cases = (
        ({}, b"OS_CLOUD or OS_AUTH_URL"),
        ({"OS_CLOUD": "nosuch"}, b"nosuch"),
        ({**auth, "OS_USER_DOMAIN_NAME": "Default"}, b"requires authentication"),
        ({**auth, "OS_AUTH_TYPE": "v3kerberos"}, b"v3kerberos"),
        ({**auth, "OS_AUTH_URL": "http://127.0.0.1:9"}, b"127.0.0.1:9"),
    )
    for environment, said in cases:
        done = dicot(cloud, tmp_path, **environment)
        assert done.returncode == 1, environment
        assert said in done.stderr, done.stderr.decode()
        assert b"Traceback" not in done.stderr
        assert b"wrong" not in done.stderr, "the password stays unsaid"
