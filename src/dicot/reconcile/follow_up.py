"""What a follow-up is, and how the ones of the leader are run: again after changes, and again after a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from dicot.cluster import Cluster
from dicot.kube.kinds import Kind

LOOK_S = 0.1
"""How often it is asked whether anything has changed: a comparison of numbers."""
AGAIN_S = 5.0
"""When a follow-up that failed is tried again, unless something changes before."""

log = structlog.get_logger(__name__)


class FollowUp(msgspec.Struct, frozen=True):
    """Work that no request waits for: idempotent, safe to cut off anywhere, cheap when there is nothing to do.

    It runs when the leader starts, whenever an object of `kinds` has changed, and at least every `every_s` seconds.
    """

    name: str
    run: Callable[[Cluster], Awaitable[None]]
    every_s: float
    kinds: tuple[Kind, ...] = ()


async def keep_running(cluster: Cluster, follow_up: FollowUp) -> None:
    """Run one follow-up for ever; a failure is logged and tried again."""
    while True:
        before = _changes(cluster, follow_up)
        wait_s = follow_up.every_s
        try:
            await follow_up.run(cluster)
        except Exception:  # the next attempt may succeed, and no other follow-up is to suffer
            log.exception("follow-up failed", follow_up=follow_up.name)
            wait_s = min(wait_s, AGAIN_S)
        await _until_changed(cluster, follow_up, before, wait_s)


async def _until_changed(cluster: Cluster, follow_up: FollowUp, before: int, wait_s: float) -> None:
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wait_s
    while loop.time() < deadline and _changes(cluster, follow_up) == before:  # noqa: ASYNC110 - several caches at once
        await asyncio.sleep(min(LOOK_S, wait_s))


def _changes(cluster: Cluster, follow_up: FollowUp) -> int:
    return sum(cluster.caches[kind].changes for kind in follow_up.kinds)
