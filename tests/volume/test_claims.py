"""Who may have a volume: one server wins, a promise to nobody lapses, giving back frees."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from dicot import names, volume
from dicot.api.errors import ApiError, BadRequest
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.config import Config
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS
from dicot.volume import claims, spelling, volumes
from tests.cloud import Cloud, Project
from tests.volume.conftest import Storage

Json = dict[str, Any]


@pytest.fixture(scope="module")
def cluster(loop: Any, cloud: Cloud) -> Iterator[Cluster]:
    """A second replica of the volume service, in front of the same Kubernetes."""
    token = cloud.kube.headers["Authorization"].removeprefix("Bearer ")

    async def start() -> Cluster:
        made = Cluster(Config(), Client.connect(plain(str(cloud.kube.base_url), token)), volume.WATCHED)
        await made.caches.start()
        while not made.caches.ready:  # noqa: ASYNC110 - many caches are awaited once
            await asyncio.sleep(0.01)
        return made

    async def stop(made: Cluster) -> None:
        await made.caches.stop()
        await made.client.close()

    cluster = loop.run(start())
    yield cluster
    loop.run(stop(cluster))


@pytest.fixture
def caller(project: Project) -> Caller:
    return Caller(
        user_id=project.user_id,
        user_name=project.name,
        user_domain_id="default",
        kube_user="admin",
        kube_groups=("system:authenticated", "test-admins"),
        project_id=project.project_id,
        namespace=project.namespace,
        roles=frozenset({"member", "reader"}),
    )


@pytest.fixture
def free(storage: Storage, cluster: Cluster, caller: Caller, loop: Any, cloud: Cloud) -> Json:
    """A volume that is available, as this replica sees it."""
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "test-admins"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "test-admins"}],
    }
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{caller.namespace}/rolebindings"
    assert cloud.kube.post(path, json=binding).status_code == 201
    made = storage.create()
    newest = storage.claims()[0]

    async def find() -> Json:
        await cluster.cache(PERSISTENT_VOLUME_CLAIMS).wait_for(newest)
        return await volumes.find(cluster, caller, made["id"])

    return loop.run(find())


def test_one_server_at_a_time(loop: Any, cluster: Cluster, caller: Caller, free: Json, storage: Storage):
    first, second = names.new_id(), names.new_id()
    promised = loop.run(claims.claim(cluster, caller, free, first))
    assert claims.attached_to(promised) == first
    assert storage.until(names.identity_of(free, "volume"), "reserved")
    with pytest.raises(BadRequest, match="available or downloading to reserve, but the current status is reserved"):
        loop.run(claims.claim(cluster, caller, promised, second))
    with pytest.raises(BadRequest):
        loop.run(claims.claim(cluster, caller, free, second))
    assert claims.attached_to(loop.run(claims.claim(cluster, caller, promised, first))) == first
    loop.run(claims.release(cluster, caller, promised, second))
    loop.run(claims.release(cluster, caller, promised, first))
    storage.until(names.identity_of(free, "volume"), "available")


def test_of_many_at_once_one_wins(loop: Any, cluster: Cluster, caller: Caller, free: Json):
    async def race() -> list[Json | BaseException]:
        tries = (claims.claim(cluster, caller, free, names.new_id()) for _ in range(8))
        return await asyncio.gather(*tries, return_exceptions=True)

    results = loop.run(race())
    won = [one for one in results if not isinstance(one, BaseException)]
    assert len(won) == 1
    assert all(isinstance(one, ApiError) for one in results if isinstance(one, BaseException))


def test_a_promise_to_a_server_that_never_came_lapses(
    loop: Any, cluster: Cluster, caller: Caller, free: Json, storage: Storage
):
    async def age(pvc: Json) -> Json:
        old = {"metadata": {"annotations": {spelling.ATTACHED_AT: "2020-01-01T00:00:00Z"}}}
        meta = pvc["metadata"]
        return await cluster.patch(caller, PERSISTENT_VOLUME_CLAIMS, meta["name"], old, meta["namespace"])

    promised = loop.run(claims.claim(cluster, caller, free, names.new_id()))
    lapsed = loop.run(age(promised))
    storage.until(names.identity_of(free, "volume"), "available")
    late = names.new_id()
    assert claims.attached_to(loop.run(claims.claim(cluster, caller, lapsed, late))) == late


def test_giving_back_what_is_gone(loop: Any, cluster: Cluster, caller: Caller, free: Json, storage: Storage):
    server_id = names.new_id()
    promised = loop.run(claims.claim(cluster, caller, free, server_id))
    volume_id = names.identity_of(free, "volume")
    loop.run(claims.release(cluster, caller, promised, server_id))
    assert storage.newest.delete(f"/volumes/{volume_id}").status_code == 202
    storage.gone(f"/volumes/{volume_id}")
    loop.run(claims.release(cluster, caller, promised, server_id))


def test_a_volume_that_is_not_there_yet_cannot_be_promised(loop: Any, cluster: Cluster, caller: Caller):
    early = volumes.data_volume(names.new_id(), "x", 1, "fast", volumes.BLANK, namespace=caller.namespace)
    early["metadata"] |= {"uid": "u", "creationTimestamp": "2026-11-22T06:46:05Z"}
    with pytest.raises(BadRequest, match="current status is creating"):
        loop.run(claims.claim(cluster, caller, early, names.new_id()))
