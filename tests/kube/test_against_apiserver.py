"""The client and the caches against the development cluster's API server: the verbs, the errors, and faults in use."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import pytest

from dicot.devcluster.server import DevCluster
from dicot.kube.cache import Caches, Watched
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.errors import AlreadyExists, Conflict, Expired, Forbidden, Invalid, NotFound, Unavailable
from dicot.kube.impersonation import Actor
from dicot.kube.kinds import CONFIG_MAPS, NAMESPACES, ROLE_BINDINGS, SELF_SUBJECT_REVIEWS, Kind
from dicot.kube.watch import WatchLimits
from tests.real_kube.cluster import KubeCluster

from .faulty import LIMITS, until

NOWHERE = Kind("example.com", "v1", "nowheres", "Nowhere")
QUICK = WatchLimits(back_off_s=0.005, back_off_most_s=0.05, absent_s=0.05, settled_s=0.05)


@pytest.fixture
def cluster(bare: DevCluster | KubeCluster) -> DevCluster | KubeCluster:
    return bare


@pytest.fixture
async def kube(cluster: DevCluster | KubeCluster) -> AsyncGenerator[Client]:
    async with Client.connect(plain(cluster.url, cluster.token()), LIMITS) as client:
        await client.create(NAMESPACES, {"metadata": {"name": "ns"}} | _typed(NAMESPACES))
        yield client


@pytest.fixture
async def caches(kube: Client) -> AsyncGenerator[Caches]:
    watched = [
        Watched(CONFIG_MAPS, {"color": lambda obj: obj.get("data", {}).values()}),
        Watched(NOWHERE, optional=True),
    ]
    following = Caches(kube, watched, limits=QUICK)
    await following.start()
    await following.wait_ready()
    yield following
    await following.stop()


def _typed(kind: Kind) -> dict[str, str]:
    return {"apiVersion": kind.api_version, "kind": kind.kind}


def config_map(name: str, **data: str) -> dict:
    return {**_typed(CONFIG_MAPS), "metadata": {"name": name, "namespace": "ns"}, "data": data}


async def test_the_life_of_an_object(kube: Client):
    made = await kube.create(CONFIG_MAPS, config_map("a", x="1"))
    assert await kube.get(CONFIG_MAPS, "a", "ns") == made
    with pytest.raises(AlreadyExists):
        await kube.create(CONFIG_MAPS, config_map("a"))
    merged = await kube.patch(CONFIG_MAPS, "a", {"data": {"y": "2"}}, "ns")
    assert merged["data"] == {"x": "1", "y": "2"}
    with pytest.raises(Conflict):
        await kube.replace(CONFIG_MAPS, {**made, "data": {}})
    replaced = await kube.replace(CONFIG_MAPS, {**merged, "data": {"z": "3"}})
    assert replaced["data"] == {"z": "3"}
    tested = [{"op": "test", "path": "/data/z", "value": "4"}, {"op": "remove", "path": "/data/z"}]
    with pytest.raises(Invalid):
        await kube.patch(CONFIG_MAPS, "a", tested, "ns")
    applied = await kube.apply(CONFIG_MAPS, config_map("b", x="1"), field_manager="test")
    assert applied["data"] == {"x": "1"}
    with pytest.raises(Conflict):
        await kube.delete(CONFIG_MAPS, "a", "ns", uid="another")
    await kube.delete(CONFIG_MAPS, "a", "ns", uid=made["metadata"]["uid"])
    with pytest.raises(NotFound):
        await kube.get(CONFIG_MAPS, "a", "ns")
    with pytest.raises(NotFound):
        await kube.list(NOWHERE)


async def test_a_dry_run_leaves_nothing(kube: Client):
    await kube.create(CONFIG_MAPS, config_map("a"), dry_run=True)
    with pytest.raises(NotFound):
        await kube.get(CONFIG_MAPS, "a", "ns")


async def test_a_list_in_chunks(kube: Client):
    await asyncio.gather(*(kube.create(CONFIG_MAPS, config_map(f"a{number}")) for number in range(7)))
    found, version = await kube.list(CONFIG_MAPS, "ns", chunk=3)
    assert len({item["metadata"]["name"] for item in found}) == len(found) >= 7
    assert int(version) >= max(int(item["metadata"]["resourceVersion"]) for item in found)


async def test_who_is_impersonated_is_told(kube: Client):
    alice = kube.acting_as(Actor("alice", ("devs",), "u-1", (("scope", "x"),)))
    review = await alice.create(SELF_SUBJECT_REVIEWS, _typed(SELF_SUBJECT_REVIEWS))
    assert review["status"]["userInfo"]["username"] == "alice"


async def _when_allowed(ask: Callable[[], Awaitable[Any]]) -> None:
    """Ask until it is allowed: a real kube-apiserver's authoriser learns of new bindings from a watch."""
    async with asyncio.timeout(5):
        while True:
            with contextlib.suppress(Forbidden):
                await ask()
                return
            await asyncio.sleep(0.01)


async def test_impersonation_reaches_rbac(kube: Client):
    alice = kube.acting_as(Actor("alice", ("devs",), "u-1", (("scope", "x"),)))
    with pytest.raises(Forbidden, match="alice"):
        await alice.list(CONFIG_MAPS, "ns")
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "view"}
    devs = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "devs"}
    metadata = {"name": "devs", "namespace": "ns"}
    await kube.create(
        ROLE_BINDINGS, {**_typed(ROLE_BINDINGS), "metadata": metadata, "roleRef": role, "subjects": [devs]}
    )
    await _when_allowed(lambda: alice.list(CONFIG_MAPS, "ns"))
    with pytest.raises(Forbidden):
        await alice.create(CONFIG_MAPS, config_map("a"))


async def test_a_cache_follows(kube: Client, caches: Caches):
    cache = caches[CONFIG_MAPS]
    made = await kube.create(CONFIG_MAPS, config_map("a", x="red"))
    await cache.wait_for(made)
    assert [obj["metadata"]["name"] for obj in cache.find("color", "red")] == ["a"]
    changed = await kube.patch(CONFIG_MAPS, "a", {"data": {"x": "blue"}}, "ns")
    cache.learn(changed)
    assert not cache.find("color", "red")
    await kube.delete(CONFIG_MAPS, "a", "ns")
    await until(lambda: cache.get("a", "ns") is None)
    assert not caches[NOWHERE].available
    assert caches[NOWHERE].all() == []


async def test_a_cache_survives_what_goes_wrong(cluster: DevCluster | KubeCluster, kube: Client, caches: Caches):
    cache = caches[CONFIG_MAPS]
    for number in range(3):
        cluster.faults.fail(r"/api/v1/configmaps", 500, times=2)
        cluster.faults.cut(r"/api/v1/configmaps", times=1)
        cluster.faults.slow(r"/api/v1/configmaps", 0.02, times=1)
        cluster.faults.drop_watches()
        made = await kube.create(CONFIG_MAPS, config_map(f"kept-{number}"))
        await kube.create(CONFIG_MAPS, config_map("lost"))
        await kube.delete(CONFIG_MAPS, "lost", "ns")
        cluster.faults.expire()
        cache.learn(made)
        assert cache.get(f"kept-{number}", "ns") is not None
        await until(lambda made=made: int(cache.resource_version) >= int(made["metadata"]["resourceVersion"]))
    made = await kube.create(CONFIG_MAPS, config_map("last"))
    now, version = await kube.list(CONFIG_MAPS)  # others may make some at any time, as kube-controller-manager does
    await cache.wait_for(made)
    await until(lambda: {obj["metadata"]["uid"] for obj in now} <= {obj["metadata"]["uid"] for obj in cache.all()})
    assert cache.get("lost", "ns") is None
    kept = {f"kept-{number}" for number in range(3)} | {"last"}
    assert {obj["metadata"]["name"] for obj in cache.all() if obj["metadata"]["name"] in kept | {"lost"}} == kept
    assert int(cache.resource_version) >= int(version)


async def test_a_server_that_is_slow_or_broken_is_unavailable(cluster: DevCluster | KubeCluster, kube: Client):
    cluster.faults.fail(r"/configmaps", 500)
    with pytest.raises(Unavailable):
        await kube.list(CONFIG_MAPS, "ns")
    cluster.faults.clear()
    cluster.faults.cut(r"/configmaps", times=1)
    assert isinstance((await kube.list(CONFIG_MAPS, "ns"))[0], list)


async def test_a_watch_from_the_forgotten_past(cluster: DevCluster | KubeCluster, kube: Client):
    _, version = await kube.list(CONFIG_MAPS)
    await kube.create(CONFIG_MAPS, config_map("a"))
    await kube.create(CONFIG_MAPS, config_map("b"))
    cluster.faults.expire()
    with pytest.raises(Expired):
        async for _ in kube.watch(CONFIG_MAPS, resource_version=version):
            pass
