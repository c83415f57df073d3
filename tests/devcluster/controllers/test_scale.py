"""A hundred and fifty machines at once: how much of everything each takes. `make scale` does it with 10,000."""

from __future__ import annotations

import asyncio
import gc
import json
import os
from pathlib import Path

import httpx2

from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench, machine

Json = dict
COUNT = 150
CREATING = 16  # at the same time
ROOM = {"cpu": "9000", "memory": "9Ti", "pods": "2000"}
DEADLINE_S = 120.0  # a machine under load is no failure

# What one machine takes from its creation until its guest runs; a little more than it was when this was written.
EVENTS_MOST = {K.VIRTUAL_MACHINES: 14, K.VIRTUAL_MACHINE_INSTANCES: 12}
REQUESTS_MOST = 45
LOOKS_MOST = 80
RESIDENT_KIB_MOST = 800  # with what the watchers here remember


class Watcher:
    """Follows a kind over a connection of its own, and keeps what it was told."""

    def __init__(self, kind: K.Kind) -> None:
        self.kind = kind
        self.told: list[tuple[str, str, int]] = []
        self.newest: dict[str, Json] = {}

    async def follow(self, http: httpx2.AsyncClient) -> None:
        async with http.stream("GET", self.kind.path(NAMESPACE), params={"watch": "1"}) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                event = json.loads(line)
                meta = event["object"]["metadata"]
                self.told.append((event["type"], meta["name"], int(meta["resourceVersion"])))
                self.newest[meta["name"]] = event["object"]

    def check(self) -> None:
        """Each machine is told of once as new, first of all, and then of its changes in their order."""
        revisions = [revision for _, _, revision in self.told]
        assert revisions == sorted(set(revisions))
        assert [kind for kind, _, _ in self.told].count("ADDED") == len(self.newest) == COUNT
        first = {name: kind for kind, name, _ in reversed(self.told)}
        assert set(first.values()) == {"ADDED"}
        assert {kind for kind, _, _ in self.told} == {"ADDED", "MODIFIED"}
        assert len(self.told) <= EVENTS_MOST[self.kind] * COUNT


def resident_kib() -> float:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


async def listed(bench: Bench, kind: K.Kind) -> dict[str, Json]:
    found = await bench.client.call("GET", kind.path(NAMESPACE))
    return {one["metadata"]["name"]: one for one in json.loads(found)["items"]}


async def create(bench: Bench) -> None:
    room = asyncio.Semaphore(CREATING)

    async def one(number: int) -> None:
        async with room:
            await bench.create(K.VIRTUAL_MACHINES, f"vm-{number:03}", machine())

    await asyncio.gather(*(one(number) for number in range(COUNT)))


async def settled(bench: Bench, watchers: list[Watcher]) -> None:
    """Wait until every guest runs and all watchers have been told what a list says."""
    before = bench.controllers.player.looks
    while True:
        await asyncio.sleep(0.25)
        assert bench.controllers.player.looks - before <= LOOKS_MOST * COUNT, "stages are looked through too often"
        found = {kind: await listed(bench, kind) for kind in EVENTS_MOST}
        machines = found[K.VIRTUAL_MACHINES].values()
        running = [one for one in machines if (one.get("status") or {}).get("printableStatus") == "Running"]
        if len(running) == COUNT and all(watcher.newest == found[watcher.kind] for watcher in watchers):
            return


async def test_what_each_of_many_machines_takes(bench: Bench) -> None:
    status = {"status": {"allocatable": ROOM, "capacity": ROOM}}
    for node in [one["metadata"]["name"] for one in bench.controllers.machinery.world.all(K.NODES)]:
        await bench.client.patch(K.NODES, node, status, subresource="status")
    watchers = [Watcher(kind) for kind in EVENTS_MOST for _ in range(2)]
    headers = {"Authorization": f"Bearer {bench.cluster.token()}"}
    faults, player = bench.cluster.faults, bench.controllers.player
    async with (
        httpx2.AsyncClient(base_url=bench.cluster.url, headers=headers, timeout=None) as http,
        asyncio.TaskGroup() as group,
    ):
        tasks = [group.create_task(watcher.follow(http)) for watcher in watchers]
        faults.reset_counts()
        looks, before = player.looks, resident_kib()
        async with asyncio.timeout(DEADLINE_S):
            await create(bench)
            await settled(bench, watchers)
        for task in tasks:
            task.cancel()
    taken = {
        "requests": (faults.total() - faults.total("GET")) / COUNT,
        "looks": (player.looks - looks) / COUNT,
        "KiB": (resident_kib() - before) / COUNT,
        "events": [len(w.told) / COUNT for w in watchers],
    }
    print(taken)
    for watcher in watchers:
        watcher.check()
    assert [one.told for one in watchers[0::2]] == [one.told for one in watchers[1::2]], "each is told the same"
    assert taken["requests"] <= REQUESTS_MOST
    assert taken["looks"] <= LOOKS_MOST
    assert taken["KiB"] <= RESIDENT_KIB_MOST
