"""A cloud under test, as HTTP clients see it: projects with users, a client for each service, the Kubernetes side."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from typing import Any, TypeVar

import httpx2

from tests.clusters import ON_KUBE

Json = dict[str, Any]
T = TypeVar("T")

ROOTS = {
    "identity": "/identity/v3",
    "compute": "/compute/v2.1",
    "image": "/image/v2",
    "volume": "/volume/v3",
    "network": "/network/v2.0",
    "placement": "/placement",
}
WAIT_S = 60.0 if ON_KUBE else 20.0
"""A real garbage collector takes its time."""


def wait_for(check: Callable[[], T | None], what: str, timeout_s: float = WAIT_S) -> T:
    """Ask until the answer is true; AssertionError names what did not come."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < deadline, f"waited {timeout_s} s for {what}"
        time.sleep(0.01)


def login(url: str, name: str, password: str, project: str | None) -> httpx2.Response:
    auth: Json = {
        "identity": {
            "methods": ["password"],
            "password": {"user": {"name": name, "domain": {"id": "default"}, "password": password}},
        }
    }
    if project:
        auth["scope"] = {"project": {"name": project, "domain": {"id": "default"}}}
    return httpx2.post(f"{url}/identity/v3/auth/tokens", json={"auth": auth}, timeout=30)


class Session:
    """One user's token and an HTTP client for each service: `session.compute.get("/servers")`."""

    def __init__(self, url: str, token: str, project_id: str = "") -> None:
        self.url = url
        self.token = token
        self.project_id = project_id
        self._clients: dict[str, httpx2.Client] = {}

    def client(self, service: str, **headers: str) -> httpx2.Client:
        key = service + repr(sorted(headers.items()))
        if key not in self._clients:
            self._clients[key] = httpx2.Client(
                base_url=self.url + ROOTS[service],
                headers={"X-Auth-Token": self.token, **headers},
                timeout=60,
            )
        return self._clients[key]

    def __getattr__(self, service: str) -> httpx2.Client:
        if service not in ROOTS:
            raise AttributeError(service)
        return self.client(service)

    def compute_at(self, version: str) -> httpx2.Client:
        """Return a client that speaks one microversion of Nova."""
        return self.client("compute", **{"OpenStack-API-Version": f"compute {version}"})

    def volume_at(self, version: str) -> httpx2.Client:
        """Return a client that speaks one microversion of Cinder."""
        return self.client("volume", **{"OpenStack-API-Version": f"volume {version}"})

    def close(self) -> None:
        for client in self._clients.values():
            client.close()


class Project(Session):
    """A project with one member; `namespace` is its side in Kubernetes."""

    def __init__(self, cloud: Cloud, name: str, role: str = "member") -> None:
        self.cloud = cloud
        self.name = name
        self.password = secrets.token_urlsafe(12)
        identity = cloud.admin.identity
        made = identity.post("/projects", json={"project": {"name": name, "domain_id": "default"}})
        assert made.status_code == 201, made.text
        project_id = made.json()["project"]["id"]
        user = {"name": name, "password": self.password, "domain_id": "default"}
        made = identity.post("/users", json={"user": user})
        assert made.status_code == 201, made.text
        self.user_id: str = made.json()["user"]["id"]
        roles = {one["name"]: one["id"] for one in identity.get("/roles").json()["roles"]}
        granted = identity.put(f"/projects/{project_id}/users/{self.user_id}/roles/{roles[role]}")
        assert granted.status_code == 204, granted.text
        answer = login(cloud.url, name, self.password, name)
        assert answer.status_code == 201, answer.text
        super().__init__(cloud.url, answer.headers["X-Subject-Token"], project_id)
        self.namespace: str = cloud.namespace_of(project_id)

    def objects(self, path: str) -> list[Json]:
        """List objects in the project's namespace: `objects("/apis/kubevirt.io/v1", "virtualmachines")`."""
        group, _, plural = path.rpartition("/")
        answer = self.cloud.kube.get(f"{group}/namespaces/{self.namespace}/{plural}")
        answer.raise_for_status()
        return answer.json()["items"]

    def remove(self) -> None:
        self.close()
        self.cloud.kube.delete(f"/api/v1/namespaces/{self.namespace}")
        self.cloud.admin.identity.delete(f"/users/{self.user_id}")


class Cloud:
    """The cloud: its administrator's session, and the Kubernetes API behind it."""

    def __init__(self, url: str, admin_password: str, kube_url: str, kube_token: str) -> None:
        self.url = url
        self.kube = httpx2.Client(base_url=kube_url, headers={"Authorization": f"Bearer {kube_token}"}, timeout=60)
        answer = login(url, "admin", admin_password, "admin")
        assert answer.status_code == 201, answer.text
        self.admin = Session(url, answer.headers["X-Subject-Token"], answer.json()["token"]["project"]["id"])

    def new_project(self, name: str, role: str = "member") -> Project:
        return Project(self, name, role)

    def namespace_of(self, project_id: str) -> str:
        items = self.kube.get("/api/v1/namespaces").json()["items"]
        return next(one["metadata"]["name"] for one in items if one["metadata"]["uid"].replace("-", "") == project_id)

    def close(self) -> None:
        self.admin.close()
        self.kube.close()
