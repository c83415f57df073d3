"""How far the development cluster and Dicot in front of it carry: many VirtualMachines, created, listed, watched.

`python -m bench.scale [COUNT]` runs the cluster with its controllers and one Dicot as processes of their own, creates
COUNT virtual machines in one project through the Kubernetes API, waits until all run, and prints what that took. CPU is
the process's own; times are of this machine at this moment. Exits with 1 if something is not there, or out of time.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from bench.__main__ import NEWEST, get, login, post, ready
from bench.process import Process

Json = dict[str, Any]

COUNT = 10_000
DEADLINE_S = 1500.0
CREATING = 16
"""Virtual machines created at the same time."""
PAGE = 1000
PROJECT = "scale"
MACHINES = "/apis/kubevirt.io/v1/virtualmachines"
INSTANCES = "/apis/kubevirt.io/v1/virtualmachineinstances"


class Measured:
    """Seconds, CPU of both processes, by name of the step; printed as they come."""

    def __init__(self, cluster: Process, dicot: Process) -> None:
        self.cluster, self.dicot = cluster, dicot
        self.steps: dict[str, Json] = {}

    async def step(self, name: str, work: Any, per: int = 1) -> Any:
        """Await `work`; `per` is how many of something it does."""
        began, cpu = time.perf_counter(), (self.cluster.cpu_s, self.dicot.cpu_s)
        result = await work
        taken = time.perf_counter() - began
        self.steps[name] = {
            "seconds": round(taken, 2),
            "per_second": round(per / taken),
            "cluster_cpu_s": round(self.cluster.cpu_s - cpu[0], 2),
            "dicot_cpu_s": round(self.dicot.cpu_s - cpu[1], 2),
            "cluster_mib": round(self.cluster.resident_mib),
            "dicot_mib": round(self.dicot.resident_mib),
        }
        print(f"{name:40}", *(f"{key}={value}" for key, value in self.steps[name].items()), flush=True)
        return result


class Watcher:
    """Counts the events of one kind and knows which instances run."""

    def __init__(self) -> None:
        self.events = 0
        self.running: set[str] = set()
        self.moved = asyncio.Event()

    async def watch(self, kube: aiohttp.ClientSession, path: str) -> None:
        """Follow until cancelled."""
        async for event in lines(kube, f"{path}?watch=1"):
            self.events += 1
            obj = event["object"]
            if (obj.get("status") or {}).get("phase") == "Running":
                self.running.add(obj["metadata"]["name"])
            self.moved.set()

    async def all_running(self, count: int) -> None:
        """Wait until that many instances run."""
        while len(self.running) < count:
            self.moved.clear()
            await self.moved.wait()


async def lines(kube: aiohttp.ClientSession, path: str) -> AsyncIterator[Json]:
    """Go through the lines of a watch."""
    async with kube.get(path, timeout=aiohttp.ClientTimeout(total=None)) as answer:
        assert answer.status == 200, await answer.text()
        pending = b""
        async for chunk in answer.content.iter_any():
            *whole, pending = (pending + chunk).split(b"\n")
            for line in whole:
                yield json.loads(line)


def machine(name: str) -> Json:
    """Write a VirtualMachine as somebody with kubectl would."""
    interface = {"name": "default", "masquerade": {}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name, "labels": {"app": "scale"}},
        "spec": {
            "runStrategy": "Always",
            "instancetype": {"name": "m1.tiny"},
            "template": {
                "spec": {
                    "domain": {"devices": {"interfaces": [interface]}},
                    "networks": [{"name": "default", "pod": {}}],
                }
            },
        },
    }


async def enlarge(kube: aiohttp.ClientSession) -> None:
    """Give the three nodes room for everything."""
    room = {"cpu": "9000", "memory": "90Ti", "pods": "20000"}
    body = json.dumps({"status": {"allocatable": room, "capacity": room}})
    headers = {"Content-Type": "application/merge-patch+json"}
    for node in (await get_kube(kube, "/api/v1/nodes"))["items"]:
        path = f"/api/v1/nodes/{node['metadata']['name']}/status"
        async with kube.patch(path, data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()


async def create(kube: aiohttp.ClientSession, namespace: str, count: int) -> None:
    """Create them all, CREATING at a time."""
    path = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"
    room = asyncio.Semaphore(CREATING)

    async def one(number: int) -> None:
        async with room, kube.post(path, json=machine(f"vm-{number:05}")) as answer:
            assert answer.status == 201, await answer.text()

    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            tasks.create_task(one(number))


async def list_all(kube: aiohttp.ClientSession, path: str, limit: int = 0) -> int:
    """List a kind, in pages if there is a limit; the number of objects is the result."""
    total, token = 0, ""
    while True:
        query = f"?limit={limit}&continue={token}" if limit else ""
        async with kube.get(path + query) as answer:
            page = json.loads(await answer.read())
        total += len(page["items"])
        token = page["metadata"].get("continue", "")
        if not token:
            return total


async def initial_events(kube: aiohttp.ClientSession, path: str, count: int) -> int:
    """Open a watch of everything there is; return when it has been told."""
    seen = 0
    async for _ in lines(kube, f"{path}?watch=1&resourceVersion=0"):
        seen += 1
        if seen == count:
            break
    return seen


async def watch_labels(kube: aiohttp.ClientSession, namespace: str, count: int) -> int:
    """Change every machine's label while ten watches look on; the number of events that they saw is the result."""
    path = f"/apis/kubevirt.io/v1/namespaces/{namespace}/virtualmachines"
    version = (await get_kube(kube, f"{path}?limit=1"))["metadata"]["resourceVersion"]

    async def see() -> int:
        seen: set[str] = set()
        async for event in lines(kube, f"{path}?watch=1&resourceVersion={version}"):
            if event["object"]["metadata"]["labels"].get("seen") == "yes":
                seen.add(event["object"]["metadata"]["name"])
            if len(seen) == count:
                break
        return len(seen)

    headers = {"Content-Type": "application/merge-patch+json"}
    room = asyncio.Semaphore(CREATING)

    async def change(number: int) -> None:
        body = json.dumps({"metadata": {"labels": {"seen": "yes"}}})
        async with room, kube.patch(f"{path}/vm-{number:05}", data=body, headers=headers) as answer:
            assert answer.status == 200, await answer.text()

    async with asyncio.TaskGroup() as tasks:
        watches = [tasks.create_task(see()) for _ in range(10)]
        for number in range(count):
            tasks.create_task(change(number))
    return sum(watch.result() for watch in watches)


async def get_kube(kube: aiohttp.ClientSession, path: str) -> Json:
    """Get a document of the Kubernetes API."""
    async with kube.get(path) as answer:
        assert answer.status == 200, await answer.text()
        return json.loads(await answer.read())


async def seen_by_dicot(session: aiohttp.ClientSession, url: str, token: Json, count: int) -> None:
    """Wait until Dicot shows every server as ACTIVE."""
    while True:
        total, marker = 0, ""
        while True:
            path = f"{url}/compute/v2.1/servers?status=ACTIVE&limit={PAGE}{marker}"
            servers = (await get(session, path, token))["servers"]
            total += len(servers)
            if len(servers) < PAGE:
                break
            marker = f"&marker={servers[-1]['id']}"
        if total == count:
            return
        await asyncio.sleep(0.2)


async def use_dicot(measured: Measured, session: aiohttp.ClientSession, url: str, token: Json, count: int) -> None:
    """List a page in detail, by name, and every page."""
    base = f"{url}/compute/v2.1/servers"

    async def page() -> None:
        headers = {"X-Auth-Token": token["X-Auth-Token"], "OpenStack-API-Version": f"compute {NEWEST}"}
        async with session.get(f"{base}/detail?limit={PAGE}", headers=headers) as answer:
            assert len(json.loads(await answer.read())["servers"]) == min(PAGE, count)

    async def named() -> None:
        found = await get(session, f"{base}/detail?name=%5Evm-{count - 1:05}%24", token)
        assert [one["name"] for one in found["servers"]] == [f"vm-{count - 1:05}"]

    async def show() -> None:
        (one,) = (await get(session, f"{base}?limit=1", token))["servers"]
        for _ in range(100):
            await get(session, f"{base}/{one['id']}", token)

    await measured.step("Dicot sees all as ACTIVE", seen_by_dicot(session, url, token, count), count)
    for number in range(2):
        await measured.step(f"a page of {PAGE} in detail, time {number + 1}", page(), PAGE)
    await measured.step("a filter by name", named())
    await measured.step("every page of ids", seen_by_dicot(session, url, token, count), count)
    await measured.step("100 times one server", show(), 100)


async def project(session: aiohttp.ClientSession, kube: aiohttp.ClientSession, url: str) -> tuple[Json, str]:
    """Make the project; return a token for it and its namespace."""
    await ready(session, url)
    admin = await login(session, url, "admin", "admin")
    made = (await post(session, f"{url}/identity/v3/projects", admin, {"project": {"name": PROJECT}}))["project"]
    roles = (await get(session, f"{url}/identity/v3/roles", admin))["roles"]
    member = next(role["id"] for role in roles if role["name"] == "member")
    path = f"{url}/identity/v3/projects/{made['id']}/users/{admin['user']}/roles/{member}"
    async with session.put(path, headers={"X-Auth-Token": admin["X-Auth-Token"]}) as answer:
        assert answer.status == 204, await answer.text()
    spaces = (await get_kube(kube, "/api/v1/namespaces"))["items"]
    namespace = next(one["metadata"]["name"] for one in spaces if one["metadata"]["uid"].replace("-", "") == made["id"])
    return await login(session, url, PROJECT, "admin"), namespace


async def measure(measured: Measured, kube: aiohttp.ClientSession, namespace: str, count: int) -> None:
    """Create, watch and list."""
    machines, instances = Watcher(), Watcher()
    watches = [
        asyncio.create_task(machines.watch(kube, MACHINES)),
        asyncio.create_task(instances.watch(kube, INSTANCES)),
    ]
    await measured.step(f"{count} VirtualMachines created", create(kube, namespace, count), count)
    await measured.step("all instances Running", instances.all_running(count), count)
    for task in watches:
        task.cancel()
    print(f"events seen: {machines.events} of machines, {instances.events} of instances", flush=True)
    for path in (MACHINES, INSTANCES):
        kind = path.rpartition("/")[2]
        assert await measured.step(f"list {kind}", list_all(kube, path), count) == count
        assert await measured.step(f"list {kind} in pages of 500", list_all(kube, path, 500), count) == count
        assert await measured.step(f"watch {kind} from the start", initial_events(kube, path, count), count) == count
    one = f"{MACHINES}?fieldSelector=metadata.name%3Dvm-{count - 1:05}"
    assert await measured.step("list by name", list_all(kube, one), 1) == 1
    assert await measured.step("list by label", list_all(kube, f"{MACHINES}?labelSelector=app%3Dscale"), 1) == count
    seen = await measured.step("ten watches of one change each", watch_labels(kube, namespace, count), 10 * count)
    assert seen == 10 * count


async def run(folder: Path, count: int) -> None:
    """Run everything."""
    with ExitStack() as running:
        cluster = running.enter_context(Process("bench.cluster", str(folder)))
        environment = {"DICOT_KUBECONFIG": str(folder / "kubeconfig")}
        words = ("dicot.cli", "serve", "--port", "0", "--log-level", "warning")
        dicot = running.enter_context(Process(*words, environment=environment))
        url = dicot.greeting.partition(" ")[2]
        admin = yaml.safe_load((folder / "admin").read_text())
        headers = {"Authorization": f"Bearer {admin['users'][0]['user']['token']}"}
        base = admin["clusters"][0]["cluster"]["server"]
        async with (
            aiohttp.ClientSession() as session,
            aiohttp.ClientSession(base, headers=headers, timeout=aiohttp.ClientTimeout(total=DEADLINE_S)) as kube,
        ):
            token, namespace = await project(session, kube, url)
            await enlarge(kube)
            measured = Measured(cluster, dicot)
            before = (cluster.resident_mib, dicot.resident_mib)
            await measure(measured, kube, namespace, count)
            await use_dicot(measured, session, url, token, count)
            kib = [
                (now - then) * 1024 / count
                for now, then in zip((cluster.resident_mib, dicot.resident_mib), before, strict=True)
            ]
            print(f"resident: cluster {cluster.resident_mib:.0f} MiB, {kib[0]:.1f} KiB a machine;", end=" ")
            print(f"Dicot {dicot.resident_mib:.0f} MiB, {kib[1]:.1f} KiB a server")


def main() -> int:
    """Run, within the deadline."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    with tempfile.TemporaryDirectory() as folder:
        try:
            asyncio.run(asyncio.wait_for(run(Path(folder), count), DEADLINE_S))
        except TimeoutError:
            print(f"not done within {DEADLINE_S:.0f} s")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
