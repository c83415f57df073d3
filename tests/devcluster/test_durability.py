"""A development cluster killed at any moment: what it acknowledged is there when it runs again, and nothing else."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import httpx2
import pytest
import yaml

from dicot.devcluster.server import DevCluster
from tests.processes import Command

Json = dict
KILLS = 4
WRITERS = 6
KEYS = 5
LONGEST_LIFE = 150  # acknowledged writes
GOODBYE = (httpx2.TransportError,)
PATH = "/api/v1/namespaces/default/configmaps"
MERGE = {"content-type": "application/merge-patch+json"}
ABSENT = ""


class Writer:
    """Writes under names of its own, one request after the other, and remembers what was acknowledged.

    `may` is what each name may be after a kill: the value acknowledged last, or that of the request under way.
    """

    def __init__(self, number: int, dice: random.Random) -> None:
        self.names = [f"writer-{number}-{key}" for key in range(KEYS)]
        self.may: dict[str, set[str]] = {name: {ABSENT} for name in self.names}
        self.revision = 0
        self._dice = dice

    async def write(self, http: httpx2.AsyncClient, done: asyncio.Queue[None]) -> None:
        """Write until the server is gone; `done` gets an entry for each write."""
        try:
            while True:
                await self._one(http, self._dice.choice(self.names))
                done.put_nowait(None)
        except GOODBYE:
            return

    async def _one(self, http: httpx2.AsyncClient, name: str) -> None:
        (was,) = self.may[name]
        value = f"{self._dice.getrandbits(64):x}"
        body = {"metadata": {"name": name}, "data": {"value": value, "padding": "x" * self._dice.randrange(3000)}}
        method = self._dice.choice(["PUT", "PATCH", "DELETE"]) if was else "POST"
        self.may[name] = {was, ABSENT if method == "DELETE" else value}
        if method == "POST":
            answer = await http.post(PATH, json=body)
        elif method == "PUT":
            answer = await http.put(f"{PATH}/{name}", json=body)
        elif method == "PATCH":
            answer = await http.patch(f"{PATH}/{name}", json=body, headers=MERGE)
        else:
            answer = await http.delete(f"{PATH}/{name}")
        assert answer.status_code in {200, 201}, answer.text
        self.may[name] = {ABSENT if method == "DELETE" else value}
        if method != "DELETE":
            self.revision = max(self.revision, int(answer.json()["metadata"]["resourceVersion"]))

    def compare(self, found: dict[str, str]) -> None:
        """Check what is there now, and go on from it."""
        for name in self.names:
            value = found.get(name, ABSENT)
            assert value in self.may[name], f"{name} is {value!r}, may be {self.may[name]}"
            self.may[name] = {value}


class Watcher:
    """Sees what happens: what a watch has shown must survive too."""

    def __init__(self) -> None:
        self.revision = 0

    async def watch(self, http: httpx2.AsyncClient) -> None:
        try:
            async with http.stream("GET", PATH, params={"watch": "1"}, timeout=30) as events:
                async for line in events.aiter_lines():
                    found = line.partition('"resourceVersion":"')[2].partition('"')[0]
                    self.revision = max(self.revision, int(found or 0))
        except GOODBYE:
            return


def connected(state: Path) -> httpx2.AsyncClient:
    config = yaml.safe_load((state / "dicot.kubeconfig").read_text())
    admin = yaml.safe_load((state / "kubeconfig").read_text())
    token = admin["users"][0]["user"]["token"]
    url = config["clusters"][0]["cluster"]["server"]
    return httpx2.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}, timeout=30)


async def live_and_die(server: Command, state: Path, writers: list[Writer], watcher: Watcher, life: int) -> None:
    """Kill the server when it has acknowledged `life` writes, in the middle of those of the other writers."""
    done = asyncio.Queue[None]()
    async with connected(state) as http:
        busy = [asyncio.create_task(one.write(http, done)) for one in writers]
        busy.append(asyncio.create_task(watcher.watch(http)))
        for _ in range(life):
            await done.get()
        await asyncio.to_thread(server.kill)
        await asyncio.gather(*busy)


async def check(state: Path, writers: list[Writer], watcher: Watcher) -> None:
    async with connected(state) as http:
        listed = (await http.get(PATH)).json()
    found = {item["metadata"]["name"]: item["data"]["value"] for item in listed["items"] if "data" in item}
    for writer in writers:
        writer.compare(found)
    revision = int(listed["metadata"]["resourceVersion"])
    assert revision >= max(watcher.revision, *(writer.revision for writer in writers))


async def test_every_acknowledged_write_survives_kills_at_random_moments(tmp_path: Path):
    seed = random.randrange(2**32)
    dice = random.Random(seed)
    print(f"seed {seed}")
    writers = [Writer(number, dice) for number in range(WRITERS)]
    watcher = Watcher()
    command = ("devcluster", "--state", str(tmp_path), "--port", "0")
    for _ in range(KILLS):
        with Command(*command) as server:
            await asyncio.to_thread(server.wait)
            await check(tmp_path, writers, watcher) if watcher.revision else None
            await live_and_die(server, tmp_path, writers, watcher, dice.randint(1, LONGEST_LIFE))
    with Command(*command) as server:
        await asyncio.to_thread(server.wait)
        await check(tmp_path, writers, watcher)
    assert watcher.revision and all(writer.revision for writer in writers)


def test_two_clusters_never_share_a_folder(tmp_path: Path):
    first = DevCluster(tmp_path, parts=[])
    with pytest.raises(OSError, match="another development cluster"):
        DevCluster(tmp_path, parts=[])
    asyncio.run(first.stop())
    asyncio.run(DevCluster(tmp_path, parts=[]).stop())
