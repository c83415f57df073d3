import asyncio

import pytest

from dicot.kube.cache import Cache, Caches, Watched
from dicot.kube.client import Client
from dicot.kube.errors import NotSynced
from dicot.kube.kinds import NODES
from dicot.kube.watch import BackOff, WatchLimits

from .faulty import WIDGETS, Faulty, answer, hang_up, is_list, is_watch, raw_watch, silent_watch, until

QUICK = WatchLimits(inactivity_s=5.0, back_off_s=0.005, back_off_most_s=0.05, absent_s=0.01, settled_s=0.05)


@pytest.fixture
async def follow(client: Client):
    started: list[Caches] = []

    async def begin(*watched: Watched, limits: WatchLimits = QUICK) -> Caches:
        caches = Caches(client, watched or [Watched(WIDGETS)], limits=limits)
        started.append(caches)
        await caches.start()
        return caches

    yield begin
    for caches in started:
        await caches.stop()


def names(cache: Cache) -> list[str]:
    return sorted(obj["metadata"]["name"] for obj in cache.all())


def lists(server: Faulty) -> int:
    return sum(is_list(request) for request in server.requests)


async def test_lists_then_watches(server: Faulty, follow):
    server.put("a")
    caches = await follow()
    with pytest.raises(NotSynced):
        caches[WIDGETS].all()
    with pytest.raises(NotSynced):
        _ = caches[WIDGETS].available
    assert not caches.ready
    await caches.wait_ready()
    assert caches.ready
    assert names(caches[WIDGETS]) == ["a"]
    await caches[WIDGETS].wait_for(server.put("b"))
    await caches[WIDGETS].wait_for(server.remove("a"))
    assert names(caches[WIDGETS]) == ["b"]
    assert WIDGETS in caches
    assert NODES not in caches
    assert list(caches) == [WIDGETS]
    with pytest.raises(KeyError):
        caches[NODES]


async def test_bookmarks_move_the_position(server: Faulty, follow):
    caches = await follow()
    await caches.wait_ready()
    server.version = 500
    waiting = asyncio.create_task(caches[WIDGETS].wait_for("500"))
    await until(lambda: server.watching)
    server.bookmark()
    await waiting


async def test_a_dropped_watch_goes_on_where_it_was(server: Faulty, follow):
    server.put("a")
    caches = await follow()
    await caches.wait_ready()
    for number in range(3):
        await until(lambda: server.watching)
        server.drop_watches()
        server.put(f"b{number}")
        await caches[WIDGETS].wait_for(server.remove(f"b{number}"))
    await caches[WIDGETS].wait_for(server.put("c"))
    assert names(caches[WIDGETS]) == ["a", "c"]
    assert lists(server) == 1


@pytest.mark.parametrize(
    "fault",
    [
        answer(500),
        answer(429),
        hang_up,
        raw_watch(b'{"type":"ADDED","object":{"metada'),
        raw_watch(b"<html>\n"),
        raw_watch(b'{"type":"ERROR","object":{"kind":"Status","code":500,"message":"etcd"}}\n'),
        raw_watch(),
    ],
)
async def test_a_broken_watch_is_opened_again(server: Faulty, follow, fault):
    server.put("a")
    server.fail(fault, when=is_watch, times=3)
    caches = await follow()
    await caches.wait_ready()
    await caches[WIDGETS].wait_for(server.put("b"))
    assert names(caches[WIDGETS]) == ["a", "b"]
    assert lists(server) == 1


async def test_an_expired_watch_lists_again_and_drops_what_vanished(server: Faulty, follow):
    server.put("a")
    server.put("b")
    caches = await follow()
    await caches.wait_ready()
    await until(lambda: server.watching)
    server.fail(answer(503), when=is_watch)
    server.drop_watches()
    server.remove("a")
    server.put("c")
    server.compact()
    await until(lambda: names(caches[WIDGETS]) == ["b", "c"])
    assert lists(server) == 2


async def test_a_silent_watch_is_opened_again(server: Faulty, follow):
    server.fail(silent_watch, when=is_watch)
    limits = WatchLimits(inactivity_s=0.05, back_off_s=0.005, settled_s=0.01)
    caches = await follow(limits=limits)
    await caches.wait_ready()
    await caches[WIDGETS].wait_for(server.put("a"))


@pytest.mark.parametrize("fault", [answer(500), answer(403), answer(200, {}), answer(200, text="{"), hang_up])
async def test_a_failing_list_is_repeated_until_it_works(server: Faulty, follow, fault):
    server.put("a")
    server.fail(fault, when=is_list, times=7)
    caches = await follow()
    await caches.wait_ready()
    assert names(caches[WIDGETS]) == ["a"]


async def test_an_event_that_makes_no_sense_costs_a_relist(server: Faulty, follow):
    server.put("a")
    server.fail(raw_watch(b'{"type":"ADDED","object":{"spec":{}}}\n'), when=is_watch)
    caches = await follow()
    await caches.wait_ready()
    await until(lambda: lists(server) == 2)
    await caches[WIDGETS].wait_for(server.put("b"))
    assert names(caches[WIDGETS]) == ["a", "b"]


async def test_a_kind_this_cluster_does_not_have(server: Faulty, follow):
    def nodes(request):
        return request.path.endswith("/nodes")

    server.fail(answer(404), when=nodes, times=3)
    caches = await follow(Watched(WIDGETS), Watched(NODES, optional=True), limits=QUICK)
    await caches.wait_ready()
    assert caches[NODES].all() == []
    await until(lambda: caches[NODES].available)
    assert sum(map(nodes, server.requests)) >= 4


async def test_a_missing_kind_that_is_needed_is_named(server: Faulty, follow):
    server.fail(answer(404), when=lambda request: request.path.endswith("/nodes"), times=1000)
    caches = await follow(Watched(WIDGETS), Watched(NODES))
    with pytest.raises(NotSynced, match="nodes"):
        await caches.wait_ready(timeout_s=0.05)
    await until(lambda: caches.unsynced() == ["nodes"])
    with pytest.raises(NotSynced, match="nodes"):
        caches[NODES].all()
    assert not caches[NODES].available
    assert caches[WIDGETS].all() == []


async def test_a_kind_that_is_taken_away_later(server: Faulty, follow):
    server.put("a")
    caches = await follow(Watched(WIDGETS, optional=True))
    await caches.wait_ready()
    await until(lambda: server.watching)
    server.fail(answer(404), times=2)
    server.drop_watches()
    await until(lambda: not caches[WIDGETS].available)
    await until(lambda: caches[WIDGETS].available)
    assert names(caches[WIDGETS]) == ["a"]


async def test_own_writes_of_any_kind_may_be_learned(server: Faulty, follow):
    caches = await follow()
    caches.learn(NODES, {"metadata": {}})
    caches.learn(WIDGETS, {**server.put("a"), "spec": "mine"})
    await caches.wait_ready()
    assert names(caches[WIDGETS]) == ["a"]


def test_pauses_grow_to_a_limit():
    back_off = BackOff(1.0, 8.0)
    for most in (1, 2, 4, 8, 8, 8):
        assert most / 2 <= back_off.next_s() <= most
    back_off.reset()
    assert back_off.next_s() <= 1
    back_off.failures = 10**6
    assert back_off.next_s() <= 8
