"""Following one kind for ever: three nested generators, each with one reason to end.

`one_connection` ends with the connection; `continuous_watch` lists once, reconnects, and ends when its resourceVersion
has expired; `infinite_watch` never ends. What is kept of the events is not decided here.
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

import msgspec
import structlog

from dicot.kube import Json
from dicot.kube.client import Client, whole
from dicot.kube.errors import Expired, KubeError, NotFound, TooManyRequests, Unavailable
from dicot.kube.kinds import Kind

log = structlog.get_logger(__name__)


class WatchLimits(msgspec.Struct, frozen=True):
    """How long a watch lasts, how long it may be silent, and how often it is begun again."""

    connection_s: float = 300.0  # asked of the server; each connection asks for up to a fifth more, so that they spread
    inactivity_s: float = 90.0  # Kubernetes sends a bookmark about once a minute
    back_off_s: float = 0.1  # before the second attempt, then doubled
    back_off_most_s: float = 15.0
    absent_s: float = 30.0  # between two looks for a kind that this cluster does not have
    settled_s: float = 1.0  # a connection that lasted this long counts as a success
    chunk: int = 100


class Listed(msgspec.Struct, frozen=True):
    """Everything there is at `resource_version`: what is not in `items` is gone."""

    items: list[Json]
    resource_version: str


class Connected(msgspec.Struct, frozen=True):
    """The watch is open: until a Lost, silence means that nothing has happened."""


class Lost(msgspec.Struct, frozen=True):
    """The watch broke; what happens from here on is learnt later."""

    error: KubeError


class Absent(msgspec.Struct, frozen=True):
    """This cluster does not serve the kind."""


class Changed(msgspec.Struct, frozen=True):
    """One event: ADDED, MODIFIED, DELETED or BOOKMARK (whose object has only a resourceVersion)."""

    type: str
    object: Json


Keep = Callable[[Json], Json]
Step = Listed | Connected | Lost | Absent | Changed


class BackOff:
    """Growing pauses with jitter, from `first_s` to `most_s`; `reset` after a success."""

    def __init__(self, first_s: float, most_s: float) -> None:
        self.first_s = first_s
        self.most_s = most_s
        self.failures = 0

    def reset(self) -> None:
        """Begin with the shortest pause again."""
        self.failures = 0

    def next_s(self) -> float:
        """Return the next pause in seconds: half to all of what the number of failures allows."""
        most = min(self.most_s, self.first_s * 2 ** min(self.failures, 32))
        self.failures += 1
        return most * random.uniform(0.5, 1.0)  # noqa: S311


async def infinite_watch(client: Client, kind: Kind, limits: WatchLimits, keep: Keep = whole) -> AsyncGenerator[Step]:
    """Follow a kind for ever, whatever happens to the connection, its resourceVersion, or the kind itself."""
    back_off = BackOff(limits.back_off_s, limits.back_off_most_s)
    while True:
        pause_s = 0.0
        try:
            async with aclosing(continuous_watch(client, kind, limits, back_off, keep)) as steps:
                async for step in steps:
                    yield step
        except NotFound:
            log.info("kind is absent", kind=kind.full_name)
            yield Absent()
            pause_s = limits.absent_s
        except KubeError as error:
            log.warning("list failed", kind=kind.full_name, error=str(error))
            yield Lost(error)
            pause_s = back_off.next_s()
        await asyncio.sleep(pause_s)


async def continuous_watch(
    client: Client, kind: Kind, limits: WatchLimits, back_off: BackOff, keep: Keep = whole
) -> AsyncGenerator[Step]:
    """List, then watch from there over as many connections as it takes; end when the resourceVersion has expired."""
    items, resource_version = await client.list(kind, chunk=limits.chunk, keep=keep)
    yield Listed(items, resource_version)
    while True:
        began = time.monotonic()
        lost: KubeError | None = None
        try:
            async with aclosing(one_connection(client, kind, resource_version, limits)) as steps:
                async for step in steps:
                    if isinstance(step, Changed):
                        back_off.reset()
                        resource_version = step.object["metadata"]["resourceVersion"]
                    yield step
        except Expired as error:
            log.info("watch expired", kind=kind.full_name, resource_version=resource_version)
            yield Lost(error)
            await asyncio.sleep(back_off.next_s())
            return
        except (Unavailable, TooManyRequests) as error:
            lost = error
            log.info("watch lost", kind=kind.full_name, error=str(error))
            yield Lost(error)
        if lost is None and time.monotonic() - began >= limits.settled_s:
            back_off.reset()
            continue
        # Also a server that ends every watch at once is not to be hammered.
        await asyncio.sleep(back_off.next_s())


async def one_connection(
    client: Client, kind: Kind, resource_version: str, limits: WatchLimits
) -> AsyncGenerator[Step]:
    """Yield Connected, then each change, until the server ends the connection or it breaks."""
    async with client.watching(
        kind,
        resource_version=resource_version,
        timeout_s=limits.connection_s * random.uniform(1.0, 1.2),  # noqa: S311
        inactivity_s=limits.inactivity_s,
    ) as events:
        yield Connected()
        async for event in events:
            yield Changed(event["type"], event["object"])
