"""Two replicas of Dicot in front of one cluster: a token of one is a token of the other, until either ends it."""

from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import pytest

from dicot import app, serving
from dicot.config import load
from dicot.development import Development
from tests.cloud import Cloud, Project, login, wait_for
from tests.identity.people import role_id


@pytest.fixture(scope="module")
def other_replica(development: Development, loop: Any) -> Iterator[str]:
    """The address of a second Dicot in front of the same cluster."""
    config = msgspec.structs.replace(load(), kubeconfig=str(development.state / "dicot.kubeconfig"))
    second = app.build(config)
    server = serving.Server(second, "127.0.0.1", 0)
    loop.run(server.start())
    loop.run(second.until_ready())
    yield server.url
    loop.run(server.stop())


def status_at(url: str, token: str) -> int:
    return httpx2.get(f"{url}/identity/v3/auth/projects", headers={"X-Auth-Token": token}).status_code


def test_a_token_is_good_everywhere(cloud: Cloud, project: Project, other_replica: str):
    wait_for(lambda: status_at(other_replica, project.token) == 200, "the other replica to know the project")
    there = login(other_replica, project.name, project.password, project.name)
    assert there.status_code == 201
    assert status_at(cloud.url, there.headers["X-Subject-Token"]) == 200
    endpoints = [one["url"] for entry in there.json()["token"]["catalog"] for one in entry["endpoints"]]
    assert all(url.startswith(other_replica) for url in endpoints), "links are spelt as this client spelt them"


def test_what_one_replica_ends_the_other_refuses(cloud: Cloud, project: Project, other_replica: str):
    wait_for(lambda: status_at(other_replica, project.token) == 200, "the other replica to know the project")
    second = login(other_replica, project.name, project.password, project.name).headers["X-Subject-Token"]
    project.identity.delete("/auth/tokens", headers={"X-Subject-Token": second}).raise_for_status()
    wait_for(lambda: status_at(other_replica, second) == 401, "the revocation to arrive")
    grant = f"/projects/{project.project_id}/users/{project.user_id}/roles/{role_id(cloud, 'member')}"
    cloud.admin.identity.delete(grant).raise_for_status()
    wait_for(lambda: status_at(other_replica, project.token) == 401, "the loss of the role to arrive")


def test_one_replica_leads(cloud: Cloud, other_replica: str):
    lease = cloud.kube.get("/apis/coordination.k8s.io/v1/namespaces/dicot-system/leases/dicot-reconciler").json()
    assert lease["spec"]["holderIdentity"]
