import asyncio

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from dicot.devcluster.server import DevCluster
from tests.devcluster.apiserver.client import Kube, until
from tests.devcluster.apiserver.widget import CRDS, PATH, widget


async def test_a_watch_sees_what_happens_after_it_began(kube: Kube) -> None:
    version = (await kube.get(PATH))["metadata"]["resourceVersion"]
    watching = asyncio.create_task(kube.watch(f"{PATH}?watch=1&resourceVersion={version}", 3, silence_s=5))
    await kube.post(PATH, widget("w"))
    await kube.merge(f"{PATH}/w", {"spec": {"size": 2}})
    await kube.delete(f"{PATH}/w")
    assert [event["type"] for event in await watching] == ["ADDED", "MODIFIED", "DELETED"]


async def test_a_watch_of_one_namespace_sees_no_other(kube: Kube) -> None:
    other = PATH.replace("g1", "g2")
    await kube.post(other, widget("there"))
    await kube.post(PATH, widget("here"))
    events = await kube.watch(f"{PATH}?watch=1", 2)
    assert [event["object"]["metadata"]["name"] for event in events] == ["here"]


async def test_an_expired_revision_is_told_in_the_stream(cluster: DevCluster, kube: Kube) -> None:
    version = (await kube.get(PATH))["metadata"]["resourceVersion"]
    await kube.post(PATH, widget("w"))
    cluster.faults.expire()
    [event] = await kube.watch(f"{PATH}?watch=1&resourceVersion={version}", 2)
    assert event["type"] == "ERROR"
    assert (event["object"]["code"], event["object"]["reason"]) == (410, "Expired")


async def test_dropped_watches_end_cleanly_and_can_go_on_where_they_were(cluster: DevCluster, kube: Kube) -> None:
    made = await kube.post(PATH, widget("w"))
    version = made["metadata"]["resourceVersion"]
    watching = asyncio.create_task(kube.watch(f"{PATH}?watch=1&resourceVersion={version}", 9, silence_s=5))
    await until(lambda: cluster.faults.drop_watches() > 0)
    assert await watching == []
    await kube.delete(f"{PATH}/w")
    [event] = await kube.watch(f"{PATH}?watch=1&resourceVersion={version}", 1)
    assert event["type"] == "DELETED"


async def test_watches_end_when_their_kind_is_no_longer_served(cluster: DevCluster, kube: Kube) -> None:
    watching = asyncio.create_task(kube.watch(f"{PATH}?watch=1", 9, silence_s=5))
    await until(lambda: cluster.api.fanout.count > 0)
    await kube.delete(f"{CRDS}/widgets.example.com")
    await watching
    assert (await kube.send("GET", PATH)).status_code == 404


async def test_bookmarks_come_once_a_minute_by_the_clock() -> None:
    clock = ManualClock()
    cluster = DevCluster(clock=clock, parts=[])
    await cluster.start()
    async with httpx2.AsyncClient(base_url=cluster.url) as http:
        kube = Kube(http, cluster.token())
        path = "/api/v1/configmaps?watch=1&allowWatchBookmarks=true&resourceVersion=" + str(cluster.api.store.revision)
        watching = asyncio.create_task(kube.watch(path, 1, silence_s=10))
        await until(lambda: cluster.api.fanout.count > 0)
        await clock.advance(60)
        [event] = await watching
        assert event["type"] == "BOOKMARK"
        assert event["object"]["metadata"]["resourceVersion"] == str(cluster.api.store.revision)
    await cluster.stop()


async def test_events_live_an_hour() -> None:
    clock = ManualClock()
    cluster = DevCluster(clock=clock, parts=[])
    await cluster.start()
    async with httpx2.AsyncClient(base_url=cluster.url) as http:
        kube = Kube(http, cluster.token())
        path = "/api/v1/namespaces/default/events"
        await kube.post(path, {"metadata": {"name": "old"}, "involvedObject": {"kind": "Pod", "name": "p"}})
        for seconds in (3500, 60):
            await until(lambda: clock.waiting > 0)
            await clock.advance(seconds)
        await kube.get(f"{path}/old")
        await until(lambda: clock.waiting > 0)
        await clock.advance(60)
        await kube.gone(f"{path}/old")
    await cluster.stop()


@pytest.mark.parametrize("count", [200])
async def test_many_watchers_see_every_event_in_order(kube: Kube, count: int) -> None:
    version = (await kube.get(PATH))["metadata"]["resourceVersion"]
    path = f"{PATH}?watch=1&resourceVersion={version}"
    watching = [asyncio.create_task(kube.watch(path, count, silence_s=10)) for _ in range(5)]
    for index in range(count):
        await kube.post(PATH, widget(f"w{index}"))
    expected = [f"w{index}" for index in range(count)]
    for seen in await asyncio.gather(*watching):
        assert [event["object"]["metadata"]["name"] for event in seen] == expected
