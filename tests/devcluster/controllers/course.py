"""The timelines of one recording, played one after another on one cluster whose time a test drives."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from dicot.devcluster.clock import ManualClock
from dicot.devcluster.controllers.objects import is_true
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench
from tests.devcluster.controllers.exchanges import Exchanges
from tests.devcluster.controllers.scene import furnish, items_of
from tests.devcluster.controllers.timelines import compare, listening

Json = dict[str, Any]
Act = Callable[[], Awaitable[Any]]
RECORDED_AT = 1_795_331_474.0
CALLS = {"vm": K.VIRTUAL_MACHINE_CALLS, "vmi": K.VIRTUAL_MACHINE_INSTANCE_CALLS}


class Course:
    """A cluster whose time stands still until a test waits for something, and what was recorded of another."""

    def __init__(self, exchanges: Exchanges, file: str, known: Mapping[str, str]) -> None:
        self.exchanges, self.bench, self.file = exchanges, exchanges.bench, file
        self._known = known

    async def play(
        self,
        label: str,
        act: Awaitable[Any],
        until: Callable[[], Any],
        *names: str,
        known: Mapping[str, str] | None = None,
    ) -> None:
        """Do what the recorder did, wait for the end that it waited for, and compare what happened in between."""
        async with listening(self.bench) as heard:
            await act
            await self.exchanges.until(until)
        compare(label, heard, f"{self.file}-timelines.json", {**self._known, **(known or {})}, *names)

    async def create(self, body: Json) -> None:
        """Create a machine from a recorded body, in the namespace of the tests."""
        made = {**body, "metadata": {**body["metadata"], "namespace": NAMESPACE}}
        await self.bench.client.create(K.VIRTUAL_MACHINES, made, NAMESPACE)

    async def call(self, name: str, what: str, body: Json | None = None, kind: str = "vm") -> None:
        """Call a subresource."""
        await self.bench.call(name, what, body, CALLS[kind])

    async def delete(self, name: str, propagation: str | None = None, kind: K.Kind = K.VIRTUAL_MACHINES) -> None:
        """Delete a machine."""
        await self.bench.client.delete(kind, name, NAMESPACE, propagation=propagation)

    def vm(self, name: str) -> Json:
        """Read the status of a machine, {} if it is gone."""
        return self._status(K.VIRTUAL_MACHINES, name)

    def vmi(self, name: str) -> Json:
        """Read the status of an instance, {} if it is gone."""
        return self._status(K.VIRTUAL_MACHINE_INSTANCES, name)

    def _status(self, kind: K.Kind, name: str) -> Json:
        found = self.bench.cluster.api.get(kind.group, kind.plural, NAMESPACE, name)
        return (found or {}).get("status") or {}

    def gone(self, name: str) -> bool:
        """Say whether the machine and its instance are gone."""
        return self.exchanges.machine(NAMESPACE, name) is None and not self.vmi(name)

    def stopped(self, name: str) -> bool:
        """Say whether the machine has stopped and its instance is gone."""
        return self.vm(name).get("printableStatus") == "Stopped" and not self.vm(name).get("created")

    def has(self, name: str, type_: str) -> bool:
        """Say whether machine and instance have a condition, and it is True."""
        return is_true({"status": self.vm(name)}, type_) and is_true({"status": self.vmi(name)}, type_)

    def connected(self, name: str) -> bool:
        """Say whether the guest's agent has answered."""
        return self.has(name, "AgentConnected") and not self.vm(name).get("stateChangeRequests")


def recorded_body(file: str, label: str) -> Json:
    """Read the body of a recorded request."""
    return next(item["request"]["body"] for item in items_of(file) if item["label"] == label)


@asynccontextmanager
async def course(state: Path, file: str, known: Mapping[str, str]) -> AsyncIterator[Course]:
    """Start a furnished cluster for the timelines of a recording."""
    bench = await Bench.start(state, ManualClock(RECORDED_AT))
    await furnish(bench.client)
    async with httpx2.AsyncClient(base_url=bench.cluster.url, timeout=10) as http:
        yield Course(Exchanges(bench, http), file, known)
    await bench.stop()
