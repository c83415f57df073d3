"""The cache over a socket, fed by a development cluster that breaks in many ways, against that cluster's store."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dicot.devcluster.server import DevCluster
from dicot.kube import Json
from dicot.kube.cache import Caches, Watched, trim, version
from dicot.kube.client import Client, Limits
from dicot.kube.credentials import plain
from dicot.kube.kinds import CONFIG_MAPS
from dicot.kube.watch import WatchLimits
from tests.examples import played

NAMESPACE = "default"
BUCKET = ("", "configmaps")
LIMITS = Limits(timeout_s=5.0, back_off_s=0.002, attempts=3)
WATCHING = WatchLimits(back_off_s=0.002, back_off_most_s=0.01, chunk=2)
HEARD_S = 10.0
PATH = "/configmaps"

names = st.sampled_from(["x", "y", "z"])
values = st.sampled_from(["1", "2", "3"])
times = st.integers(1, 5)


class CacheMachine(RuleBasedStateMachine):
    """Own writes, other people's, and faults, in any order; what is read is compared after every step."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.port = 0
        self.newest: dict[str, int] = {}
        self.gone: set[str] = set()
        self.log: list[tuple[int, str, Json | None]] = []
        self.loop.run_until_complete(self._begin())

    async def _begin(self) -> None:
        await self._start_cluster()
        self.client = Client.connect(plain(self.cluster.url, self.cluster.token()), LIMITS)
        self.caches = Caches(self.client, [Watched(CONFIG_MAPS, {"value": _value})], limits=WATCHING)
        self.cache = self.caches[CONFIG_MAPS]
        await self.caches.start()
        await self.caches.wait_ready(HEARD_S)

    async def _start_cluster(self) -> None:
        self.cluster = DevCluster(Path(self.folder.name), port=self.port, parts=[])
        self.cluster.api.store.listeners.append(self._happened)
        await self.cluster.start()
        self.port = int(self.cluster.url.rpartition(":")[2])

    def _happened(self, event: Any) -> None:
        if event.record.bucket == BUCKET:
            self.log.append((event.revision, event.record.uid, trim(event.new.body) if event.new else None))

    def teardown(self) -> None:
        self.loop.run_until_complete(self._end())
        self.loop.close()
        self.folder.cleanup()

    async def _end(self) -> None:
        await self._settle()
        await self.caches.stop()
        await self.client.close()
        await self.cluster.stop()

    async def _settle(self) -> None:
        """Once no fault is in force, the cache holds what the store holds."""
        self.cluster.faults.clear()
        await self.cache.wait_for(str(self.log[-1][0]) if self.log else "", HEARD_S)
        held = {obj["metadata"]["uid"]: obj for obj in self.cache.all()}
        assert held == {record.uid: trim(record.body) for record in self.cluster.api.store.scan(BUCKET)}

    def there(self, name: str) -> Json | None:
        return self.cluster.api.get(*BUCKET, NAMESPACE, name)

    @rule(name=names, value=values, own=st.booleans())
    def write(self, name: str, value: str, own: bool) -> None:
        """Create or change; an own write is read at once."""
        body = {"metadata": {"name": name}, "data": {"value": value}}
        if self.there(name) is None:
            work = self.client.create(CONFIG_MAPS, body, NAMESPACE)
        else:
            work = self.client.patch(CONFIG_MAPS, name, {"data": {"value": value}}, NAMESPACE)
        obj = self.loop.run_until_complete(work)
        if own:
            self.cache.learn(obj)
            found = self.cache.get(name, NAMESPACE)
            assert found is not None
            assert version(found) >= version(obj)

    @rule(name=names, own=st.booleans())
    def delete(self, name: str, own: bool) -> None:
        """Delete; after an own deletion the object is never read again."""
        there = self.there(name)
        if there is None:
            return
        self.loop.run_until_complete(self.client.delete(CONFIG_MAPS, name, NAMESPACE))
        if own:
            self.cache.forget(there["metadata"]["uid"])
            self.gone.add(there["metadata"]["uid"])

    @rule(status=st.sampled_from([429, 500, 503]), count=times)
    def fail(self, status: int, count: int) -> None:
        self.cluster.faults.fail(PATH, status, method="GET", times=count)

    @rule(count=times)
    def slow(self, count: int) -> None:
        self.cluster.faults.slow(PATH, 0.01, method="GET", times=count)

    @rule(count=times)
    def cut(self, count: int) -> None:
        self.cluster.faults.cut(PATH, method="GET", times=count)

    @rule()
    def drop_watches(self) -> None:
        self.cluster.faults.drop_watches()

    @rule()
    def expire(self) -> None:
        self.cluster.faults.expire()

    @rule()
    def bookmark(self) -> None:
        self.cluster.api.fanout.bookmark_all()

    @rule(count=st.integers(1, 50))
    def let_turns_pass(self, count: int) -> None:
        async def turns() -> None:
            for _ in range(count):
                await asyncio.sleep(0)

        self.loop.run_until_complete(turns())

    @rule()
    def restart_the_cluster(self) -> None:
        """Every connection ends, and every earlier revision has expired."""
        self.loop.run_until_complete(self.cluster.stop())
        self.loop.run_until_complete(self._start_cluster())

    @precondition(lambda self: self.log)
    @rule(data=st.data())
    def wait_for_a_revision(self, data: st.DataObject) -> None:
        """Wait for a write: from then on nothing older is read, whatever happens meanwhile."""
        revision = data.draw(st.sampled_from([at for at, _, _ in self.log]))
        self.loop.run_until_complete(self.cache.wait_for(str(revision), HEARD_S))
        last = {uid: (at, obj) for at, uid, obj in self.log if at <= revision}
        for uid, (at, obj) in last.items():
            found = self.cache.by_uid(uid)
            if obj is None:
                assert found is None
            else:
                later = any(other == uid and after > at for after, other, _ in self.log)
                assert later or found == obj

    @rule()
    def settle(self) -> None:
        self.loop.run_until_complete(self._settle())

    @invariant()
    def nothing_wrong_is_read(self) -> None:
        """Each object is as it once was, never older than read before, and never back from the dead."""
        was = [trim(record.body) for record in self.cluster.api.store.scan(BUCKET)]
        was += [obj for _, _, obj in self.log if obj is not None]
        held = {obj["metadata"]["uid"]: obj for obj in self.cache.all()}
        for uid, obj in held.items():
            assert obj in was
            assert uid not in self.gone
            assert version(obj) >= self.newest.get(uid, 0)
        self.gone |= set(self.newest) - set(held)
        self.newest |= {uid: version(obj) for uid, obj in held.items()}
        for value in ("1", "2", "3"):
            filed = {obj["metadata"]["uid"] for obj in self.cache.find("value", value)}
            assert filed == {uid for uid, obj in held.items() if value in _value(obj)}


def _value(obj: Json) -> list[str]:
    return [value for key, value in (obj.get("data") or {}).items() if key == "value"]


TestCache = CacheMachine.TestCase
TestCache.settings = played(examples=8, steps=20)
