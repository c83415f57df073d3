"""A running development cluster for one test, with what tests ask of it again and again."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from dicot.devcluster.clock import Clock
from dicot.devcluster.controllers import Controllers, start
from dicot.devcluster.controllers.guest import Guests
from dicot.devcluster.server import DevCluster
from dicot.kube import kinds as K
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.errors import KubeError, NotFound
from tests.clusters import LAB, ON_KUBE, Shared, make_lab
from tests.real_kube.cluster import KubeCluster

Json = dict[str, Any]
NAMESPACE = LAB
DEADLINE_S = 60.0 if ON_KUBE else 10.0


class Bench:
    """A furnished cluster, and one namespace in it; a shared one runs elsewhere, and outlives the test."""

    def __init__(self, cluster: DevCluster | KubeCluster, controllers: Controllers, shared: Shared | None) -> None:
        self.cluster = cluster
        self.controllers = controllers
        self.client = Client.connect(plain(cluster.url, cluster.token()))
        self._shared = shared

    @classmethod
    async def start(cls, state: Path | None, clock: Clock) -> "Bench":
        assert not ON_KUBE, "this test stands on a development cluster of its own: list it in tests/not_on_kube.py"
        cluster = DevCluster(state, clock=clock, parts=[])
        await cluster.start()
        bench = cls(cluster, await start(cluster, state=state), None)
        await make_lab(cluster)
        return bench

    @classmethod
    def shared(cls, shared: Shared) -> "Bench":
        assert shared.cluster.controllers is not None
        return cls(shared.cluster, shared.cluster.controllers, shared)

    async def guest(self, name: str, ends: Callable[[Guests, str, str], Awaitable[None]]) -> None:
        """Let a guest end of its own accord, which the controllers do in their own event loop."""
        done = ends(self.controllers.guests, NAMESPACE, name)
        await (done if self._shared is None else asyncio.to_thread(self._shared.run, done))

    async def stop(self) -> None:
        await self.client.close()
        if self._shared is not None:
            await self._shared.rewind()
            return
        await self.controllers.stop()
        assert isinstance(self.cluster, DevCluster)
        await self.cluster.stop()

    async def create(self, kind: K.Kind, name: str, spec: Json, **metadata: Any) -> Json:
        body = {"apiVersion": kind.api_version, "kind": kind.kind, "spec": spec}
        body["metadata"] = {"name": name, **metadata}
        if kind.namespaced:
            body["metadata"]["namespace"] = NAMESPACE
        return await self.client.create(kind, body, NAMESPACE if kind.namespaced else None)

    async def get(self, kind: K.Kind, name: str) -> Json:
        return await self.client.get(kind, name, NAMESPACE if kind.namespaced else None)

    async def until(self, look: Callable[[], Awaitable[Any]], what: str = "") -> Any:
        """Look again and again until there is something, at most DEADLINE_S seconds."""
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.005)
        raise AssertionError(f"{what or look} did not come within {DEADLINE_S} s")

    async def until_status(self, kind: K.Kind, name: str, holds: Callable[[Json], Any]) -> Json:
        """Wait until the status of an object is as wanted; the object is the result."""
        last: Json = {}

        async def look() -> Json | None:
            nonlocal last
            try:
                last = await self.get(kind, name)
            except NotFound:
                return None
            return last if holds(last.get("status") or {}) else None

        try:
            return await self.until(look)
        except AssertionError as error:
            raise AssertionError(f"{kind.kind} {name} stayed {last.get('status')}") from error

    async def until_printable(self, name: str, *wanted: str) -> Json:
        return await self.until_status(
            K.VIRTUAL_MACHINES,
            name,
            lambda s: s.get("printableStatus") in wanted and not s.get("stateChangeRequests"),
        )

    async def until_stopped(self, name: str) -> Json:
        return await self.until_status(
            K.VIRTUAL_MACHINES, name, lambda s: s.get("printableStatus") == "Stopped" and not s.get("created")
        )

    async def until_gone(self, kind: K.Kind, name: str) -> None:
        async def look() -> bool:
            try:
                await self.get(kind, name)
            except NotFound:
                return True
            return False

        await self.until(look, f"the end of {kind.kind} {name}")

    async def call(
        self, name: str, what: str, body: Json | None = None, kind: K.Kind = K.VIRTUAL_MACHINE_CALLS
    ) -> None:
        await self.client.call("PUT", kind.path(NAMESPACE, name, what), body=body)

    async def refused(self, name: str, what: str, body: Json | None = None, **kind: K.Kind) -> KubeError:
        try:
            await self.call(name, what, body, **kind)
        except KubeError as error:
            return error
        raise AssertionError(f"{what} was accepted")


def machine(strategy: str = "RerunOnFailure", **spec: Any) -> Json:
    """A small virtual machine without disks."""
    return {
        "runStrategy": strategy,
        "template": {
            "metadata": {"labels": {"app": "test"}},
            "spec": {
                "domain": {
                    "devices": {"interfaces": [{"name": "default", "masquerade": {}}]},
                    "memory": {"guest": "128Mi"},
                },
                "networks": [{"name": "default", "pod": {}}],
            },
        },
        **spec,
    }


def machine_with_disk(claim: str, strategy: str = "RerunOnFailure", **spec: Any) -> Json:
    """A small virtual machine on one claim."""
    body = machine(strategy, **spec)
    inner = body["template"]["spec"]
    inner["domain"]["devices"]["disks"] = [{"name": "root", "disk": {"bus": "virtio"}}]
    inner["volumes"] = [{"name": "root", "dataVolume": {"name": claim}}]
    return body


def from_image(name: str, size: str = "1Gi") -> Json:
    """A dataVolumeTemplate that clones the public image."""
    reference = {"kind": "DataSource", "namespace": "dicot-images", "name": "tiny"}
    return {
        "metadata": {"name": name},
        "spec": {"sourceRef": reference, "storage": {"resources": {"requests": {"storage": size}}}},
    }


def blank(size: str = "64Mi", **storage: Any) -> Json:
    return {"source": {"blank": {}}, "storage": {"resources": {"requests": {"storage": size}}, **storage}}
