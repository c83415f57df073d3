"""The one player of all stages: a queue of objects, at most one task for each, delays by the injected clock.

Knows no kind. Keeps no state that matters: after a restart every object is looked at again and goes on where it was.
"""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

import msgspec

from dicot.devcluster.controllers import stage as effects
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import name_of, namespace_of, stamp, uid_of
from dicot.devcluster.controllers.stage import Effect, Stage, Stages
from dicot.devcluster.controllers.world import Key
from dicot.kube import Json
from dicot.kube.errors import AlreadyExists, Conflict, Forbidden, KubeError, NotFound
from dicot.kube.kinds import EVENTS, Kind

CONCURRENT = 32
RETRY_FIRST_S = 0.05
RETRY_MOST_S = 5.0
SETTLE_S = 0.05
SAME_STAGE_MOST = 5
LOOK_AGAIN_S = 1.0

log = logging.getLogger(__name__)

Wakes = Callable[[Kind, Json], Iterable[Key]]


class _Due(msgspec.Struct, frozen=True):
    stage: str
    uid: str
    at: float
    exact: bool = False


class Player:
    """Plays the stages of every object that something wakes."""

    def __init__(self, machinery: Machinery, plays: dict[Kind, Stages], wakes: Wakes) -> None:
        self._machinery = machinery
        self._plays = plays
        self._wakes = wakes
        self._changed: dict[Key, asyncio.Event] = {}
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._room = asyncio.Semaphore(CONCURRENT)
        self._turns = asyncio.Lock()
        self._started = False
        self.looks = 0
        """How often an object's stages were looked through: what one costs must not grow with their number."""

    def start(self) -> None:
        """Look at every known object, and from now on at each that changes."""
        self._started = True
        self._machinery.world.listen(self._on_change)
        for kind in self._plays:
            for obj in self._machinery.world.all(kind):
                self.wake((kind, namespace_of(obj), name_of(obj)))

    async def stop(self) -> None:
        """Stop playing; what was under way goes on at the next start."""
        self._started = False
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def busy(self) -> int:
        """Say how many objects have a stage under way."""
        return len(self._tasks)

    def wake(self, key: Key) -> None:
        """Look at this object soon."""
        if not self._started or key[0] not in self._plays:
            return
        if key in self._tasks:
            self._changed[key].set()
            return
        self._changed[key] = asyncio.Event()
        self._tasks[key] = asyncio.create_task(self._play(key), name=f"play {key[0].plural} {key[1]}/{key[2]}")

    def _on_change(self, kind: Kind, obj: Json, _deleted: bool) -> None:
        self.wake((kind, namespace_of(obj), name_of(obj)))
        for key in self._wakes(kind, obj):
            self.wake(key)

    async def _play(self, key: Key) -> None:
        try:
            await self._play_until_idle(key)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("the stages of %s %s/%s failed", key[0].kind, key[1], key[2])
        finally:
            self._tasks.pop(key, None)
            again = self._changed.pop(key, None)
            if again is not None and again.is_set():
                self.wake(key)

    async def _play_until_idle(self, key: Key) -> None:
        changed, due, retry_s, same = self._changed[key], None, RETRY_FIRST_S, ("", "", 0)
        while True:
            changed.clear()
            self.looks += 1
            obj = self._machinery.world.get(key[0], key[2], key[1])
            stage = effects.first(self._plays[key[0]], obj, self._machinery.world) if obj is not None else None
            if obj is None or stage is None:
                return
            due = self._due(due, stage, obj)
            if not await self._wait(due, changed):
                continue
            same = _count(same, stage, obj)
            if same[2] > SAME_STAGE_MOST:
                log.error("stage %r changes nothing on %s %s/%s", stage.name, key[0].kind, key[1], key[2])
                return
            if await self._act(key[0], obj, stage):
                due, retry_s = None, RETRY_FIRST_S
            else:
                await _pause(changed, retry_s)
                retry_s = min(retry_s * 2, RETRY_MOST_S)
                same = ("", "", 0)

    def _due(self, due: _Due | None, stage: Stage, obj: Json) -> _Due:
        if due is not None and (due.stage, due.uid) == (stage.name, uid_of(obj)):
            return due
        now = self._machinery.clock.now()
        if stage.until is not None:
            return _Due(stage.name, uid_of(obj), stage.until(obj).timestamp(), exact=True)
        held_s = 0.0
        if stage.hold_s is not None:
            held_s = stage.hold_s(obj, self._machinery.world, datetime.fromtimestamp(now, UTC))
        return _Due(stage.name, uid_of(obj), now + stage.after_s + held_s)

    async def _wait(self, due: _Due, changed: asyncio.Event) -> bool:
        """Wait until the stage is due; False if the world changed before, so that the stage must be chosen anew."""
        left_s = due.at - self._machinery.clock.now()
        if left_s <= 0:
            return True
        sleep = self._until(due.at) if due.exact else self._machinery.clock.sleep(left_s)
        sleeping = asyncio.ensure_future(sleep)
        changing = asyncio.ensure_future(changed.wait())
        try:
            await asyncio.wait({sleeping, changing}, return_when=asyncio.FIRST_COMPLETED)
            return sleeping.done() and not changed.is_set()
        finally:
            sleeping.cancel()
            changing.cancel()

    async def _until(self, at: float) -> None:
        """Sleep until a moment has come by the clock, however fast its delays elapse."""
        clock = self._machinery.clock
        while (left_s := at - clock.now()) > 0:
            await clock.sleep(left_s)
            if clock.now() < at:
                await asyncio.sleep(min(left_s, LOOK_AGAIN_S))

    async def _act(self, kind: Kind, obj: Json, stage: Stage) -> bool:
        async with self._room:
            if not stage.alone:
                return await self._do(kind, obj, stage)
            async with self._turns:
                newest = self._machinery.world.get(kind, name_of(obj), namespace_of(obj))
                if newest is None or not stage.when(newest, self._machinery.world):
                    return True
                return await self._do(kind, newest, stage)

    async def _do(self, kind: Kind, obj: Json, stage: Stage) -> bool:
        now = datetime.fromtimestamp(self._machinery.clock.now(), UTC)
        try:
            for effect in stage.then(obj, self._machinery.world, now):
                obj = await self._apply(kind, obj, effect, now)
        except KubeError as error:
            await self._failed(kind, obj, stage, error)
            return False
        return True

    async def _failed(self, kind: Kind, obj: Json, stage: Stage, error: KubeError) -> None:
        """Let the stage say what a refusal means; a change that came in between means nothing."""
        level = logging.DEBUG if isinstance(error, Conflict | NotFound) else logging.INFO
        log.log(level, "stage %r of %s %s: %s", stage.name, kind.kind, name_of(obj), error)
        if stage.on_error is None or isinstance(error, Conflict):
            return
        now = datetime.fromtimestamp(self._machinery.clock.now(), UTC)
        try:
            for effect in stage.on_error(obj, self._machinery.world, now, error):
                obj = await self._apply(kind, obj, effect, now)
        except KubeError as again:
            log.debug("stage %r of %s %s: %s", stage.name, kind.kind, name_of(obj), again)

    async def _apply(self, kind: Kind, obj: Json, effect: Effect, now: datetime) -> Json:
        """Do one effect; the newest known version of the stage's own object is the result."""
        if isinstance(effect, effects.Change):
            return await self._change(kind, obj, effect)
        if isinstance(effect, effects.Create):
            await self._create(effect)
        elif isinstance(effect, effects.Patch):
            await self._patch(effect)
        elif isinstance(effect, effects.Delete):
            await self._delete(effect)
        elif isinstance(effect, effects.Event):
            await self._event(kind, obj, effect, now)
        else:
            await effect.action(self._machinery)
        return obj

    async def _change(self, kind: Kind, obj: Json, effect: effects.Change) -> Json:
        metadata = {**effect.patch.get("metadata", {}), "resourceVersion": obj["metadata"]["resourceVersion"]}
        body = {**effect.patch, "metadata": metadata}
        client = self._machinery.client
        namespace = namespace_of(obj) or None
        new = await client.patch(kind, name_of(obj), body, namespace, subresource=effect.subresource)
        self._learn(kind, new)
        return new

    async def _create(self, effect: effects.Create) -> None:
        client, kind = self._machinery.client, effect.kind
        namespace, name = effect.body["metadata"].get("namespace"), effect.body["metadata"].get("name", "")
        try:
            new = await client.create(kind, effect.body, namespace)
        except AlreadyExists:
            if effect.status is None:
                return
            new = await client.get(kind, name, namespace)
            if _status_written(new):
                return  # else it is what a stop between the two writes left behind
        if effect.status is not None:
            new = await client.patch(
                kind, name_of(new), {"status": effect.status}, namespace_of(new) or None, subresource="status"
            )
        self._learn(kind, new)

    async def _patch(self, effect: effects.Patch) -> None:
        client = self._machinery.client
        try:
            new = await client.patch(
                effect.kind, effect.name, effect.patch, effect.namespace or None, subresource=effect.subresource
            )
        except NotFound:
            return
        self._learn(effect.kind, new)

    async def _delete(self, effect: effects.Delete) -> None:
        try:
            left = await self._machinery.client.delete(
                effect.kind,
                effect.name,
                effect.namespace or None,
                uid=effect.uid,
                resource_version=effect.resource_version,
                grace_s=effect.grace_s,
            )
        except NotFound:
            return
        if left.get("kind") == effect.kind.kind and "deletionTimestamp" in left.get("metadata", {}):
            self._learn(effect.kind, left)

    def _learn(self, kind: Kind, obj: Json) -> None:
        gone = "deletionTimestamp" in obj["metadata"] and not obj["metadata"].get("finalizers")
        if gone:
            self._machinery.world.forget(kind, obj)
        else:
            self._machinery.world.learn(kind, obj)

    async def _event(self, kind: Kind, obj: Json, effect: effects.Event, now: datetime) -> None:
        kind, obj = effect.about or (kind, obj)
        body = event_body(kind, obj, effect, now)
        try:
            await self._machinery.client.create(EVENTS, body, body["metadata"]["namespace"])
        except Forbidden as refused:
            # A terminating namespace takes no events; what they tell of goes on all the same, as with real recorders.
            log.debug("no event %s about %s: %s", effect.reason, name_of(obj), refused)


async def _pause(changed: asyncio.Event, most_s: float) -> None:
    """Wait before a refused stage is tried again: for a change, which may be what it was refused for the lack of.

    A moment passes all the same, for what the refusal itself has made the stage write is a change too.
    """
    await asyncio.sleep(SETTLE_S)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(changed.wait(), most_s - SETTLE_S)


def _status_written(obj: Json) -> bool:
    return any(entry.get("subresource") == "status" for entry in obj["metadata"].get("managedFields") or ())


def event_body(kind: Kind, obj: Json, effect: effects.Event, now: datetime) -> Json:
    """Write the v1 Event about an object."""
    namespace = namespace_of(obj)
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name_of(obj)}.{secrets.token_hex(8)}", "namespace": namespace or "default"},
        "involvedObject": {
            "apiVersion": kind.api_version,
            "kind": kind.kind,
            "name": name_of(obj),
            "namespace": namespace,
            "resourceVersion": obj["metadata"]["resourceVersion"],
            "uid": uid_of(obj),
        },
        "reason": effect.reason,
        "message": effect.message,
        "type": effect.type,
        "source": {"component": effect.component},
        "reportingComponent": effect.component,
        "reportingInstance": "",
        "count": 1,
        "firstTimestamp": stamp(now),
        "lastTimestamp": stamp(now),
    }


def _count(same: tuple[str, str, int], stage: Stage, obj: Json) -> tuple[str, str, int]:
    revision = obj["metadata"]["resourceVersion"]
    if same[:2] == (stage.name, revision):
        return (stage.name, revision, same[2] + 1)
    return (stage.name, revision, 1)
