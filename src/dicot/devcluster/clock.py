"""The development cluster's clock: real, scaled, or driven by a test. Nothing else in the cluster reads the time."""

import asyncio
import heapq
import itertools
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the cluster asks of a clock."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait until this many of the clock's seconds have passed."""
        ...


class RealClock:
    """The machine's own time."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait this many seconds."""
        await asyncio.sleep(seconds)


class ScaledClock:
    """Real timestamps, but delays multiplied by `scale`: 0.0 lets every delay elapse at once, 2.0 doubles it."""

    def __init__(self, scale: float) -> None:
        self.scale = scale

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    async def sleep(self, seconds: float) -> None:
        """Wait `seconds * scale` real seconds."""
        await asyncio.sleep(max(0.0, seconds) * self.scale)


class ManualClock:
    """Time that stands still until `advance` is called."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return self._now

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock has been advanced by this many seconds."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), wake))
        await wake

    async def advance(self, seconds: float) -> None:
        """Move the time on, waking each sleeper at its own instant, in order, so that chains of delays elapse too."""
        target = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, wake = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not wake.done():
                wake.set_result(None)
                await _let_others_run()
        self._now = target
        await _let_others_run()

    @property
    def waiting(self) -> int:
        """Return how many sleepers there are."""
        return sum(not wake.done() for _, _, wake in self._sleepers)


async def _let_others_run() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def timestamp(seconds: float) -> str:
    """Spell a time as Kubernetes' metav1.Time does: UTC, whole seconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def timestamp_micros(seconds: float) -> str:
    """Spell a time as Kubernetes' metav1.MicroTime does: UTC, microseconds."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
