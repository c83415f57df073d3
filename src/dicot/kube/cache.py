"""What Kubernetes holds, kind by kind, in memory: indexed, trimmed, and as new as the caller's own writes.

A resourceVersion is compared as an integer, within one kind only; Kubernetes promises since 1.35 that this is right.
Cached objects are shared by all readers: whoever wants to change one copies it first.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import aclosing

import msgspec
import structlog

from dicot.kube import Json
from dicot.kube.client import Client
from dicot.kube.errors import KubeError, NotSynced, Unavailable
from dicot.kube.indexed import IndexBy, Indexed, name_of
from dicot.kube.kinds import Kind
from dicot.kube.sharing import Pool
from dicot.kube.watch import Absent, BackOff, Changed, Connected, Listed, Lost, Step, WatchLimits, infinite_watch

log = structlog.get_logger(__name__)

TOMBSTONES = 4096  # deletions remembered per kind
STALE_S = 60.0  # a cache that has lost its watch for longer no longer answers
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def trim(obj: Json) -> Json:
    """Return the object without what nobody here reads: of metadata.managedFields only the newest time is kept."""
    metadata: Json = dict(obj["metadata"])
    times = [entry["time"] for entry in metadata.pop("managedFields", None) or () if entry.get("time")]
    if times:
        metadata["managedFields"] = [{"time": max(times)}]
    if LAST_APPLIED in (metadata.get("annotations") or ()):
        metadata["annotations"] = {key: value for key, value in metadata["annotations"].items() if key != LAST_APPLIED}
    return {**obj, "metadata": metadata}


class Watched(msgspec.Struct, frozen=True):
    """One kind to be cached: extra indexes (pure functions), what to keep of an object, whether it may be absent."""

    kind: Kind
    indexes: dict[str, IndexBy] = {}
    keep: Callable[[Json], Json] = trim
    optional: bool = False


class Problem(msgspec.Struct, frozen=True):
    """Why nothing may be said of a kind now; `fault` is what Kubernetes last said about it."""

    text: str
    absent: bool = False
    fault: KubeError | None = None


def version(of: Json | str) -> int:
    """Return the resourceVersion of an object, or of itself, as a number; 0 when there is none."""
    text = of if isinstance(of, str) else (of.get("metadata") or {}).get("resourceVersion") or ""
    return int(text) if text.isdecimal() else 0


class Cache:
    """The objects of one kind. Reading raises NotSynced until a whole list has been seen."""

    def __init__(self, watched: Watched, stale_s: float = STALE_S, pool: Pool | None = None) -> None:
        self.kind = watched.kind
        self.optional = watched.optional
        self.synced = False
        self._served: bool | None = None  # None: nobody knows yet
        self.keep = watched.keep
        self._pool = pool or Pool()
        self._stale_s = stale_s
        self._lost_at: float | None = None
        self._fault: KubeError | None = None
        self._seen = 0
        self._learned: set[str] = set()  # uids whose newest version has not come by watch yet
        self._dead: dict[str, None] = {}
        self._moved = asyncio.Event()
        standard: dict[str, IndexBy] = {"uid": _uid}
        if watched.kind.namespaced:
            standard["namespace"] = _namespace
        self._objects = Indexed({**standard, **watched.indexes})

    @property
    def available(self) -> bool:
        """Say whether this cluster serves the kind; raise NotSynced while that is not known."""
        if self._served is None:
            raise NotSynced(f"{self.kind.full_name} has not been listed yet")
        return self._served

    @property
    def resource_version(self) -> str:
        """Say up to which resourceVersion everything has been seen; "" before the first list."""
        return str(self._seen) if self._seen else ""

    @property
    def changes(self) -> int:
        """Count the changes so far: what was derived from this cache holds as long as the count stays."""
        return self._objects.changes

    def get(self, name: str, namespace: str = "") -> Json | None:
        """Return the object of that name, or None."""
        return self._readable().get((namespace, name))

    def by_uid(self, uid: str) -> Json | None:
        """Return the object of that uid, or None."""
        return self._readable().by_uid(uid)

    def find(self, index: str, key: str) -> list[Json]:
        """Return the objects filed under `key`; KeyError when the kind has no such index."""
        return self._readable().find(index, key)

    def all(self) -> list[Json]:
        """Return every object, in no promised order."""
        return self._readable().all()

    @property
    def problem(self) -> Problem | None:
        """Say why nothing may be said from this cache now; None if it may."""
        if not self.synced:
            if self._served is None:
                return Problem("has not been listed yet", fault=self._fault)
            return Problem("is not served by this cluster", absent=True)
        if self._lost_at is not None and time.monotonic() - self._lost_at > self._stale_s:
            return Problem(f"has not been heard of for more than {self._stale_s:.0f} s", fault=self._fault)
        return None

    def require_synced(self) -> None:
        """Raise NotSynced, naming the kind, if nothing may be said from this cache now."""
        problem = self.problem
        if problem is not None:
            raise NotSynced(f"{self.kind.full_name} {problem.text}")

    def learn(self, obj: Json) -> None:
        """Take over the answer to an own write, at once: reads see it before the watch brings it.

        An answer that the watch has already passed is ignored, so that nothing goes backwards or rises from the dead.
        """
        uid = obj["metadata"]["uid"]
        if version(obj) > self._seen and uid not in self._dead and self._put_newer(obj):
            self._learned.add(uid)
            self._wake()

    def forget(self, uid: str) -> None:
        """Take over that an own deletion was final, at once; the uid never comes back."""
        self._bury(uid)
        self._drop(uid)

    async def wait_for(self, obj_or_rv: Json | str, timeout_s: float = 5.0) -> None:
        """Wait until the watch, or `learn`, has brought this object or resourceVersion of this kind; raise Unavailable.

        Bookmarks count: they say that nothing else has happened up to there.
        """
        wanted = version(obj_or_rv)
        if self._has(obj_or_rv, wanted):
            return
        try:
            async with asyncio.timeout(timeout_s):
                while not self._has(obj_or_rv, wanted):
                    await self._moved.wait()
        except TimeoutError:
            sentence = f"{self.kind.full_name}: version {wanted} not seen within {timeout_s:g} s (at {self._seen})"
            raise Unavailable(sentence, status=504, reason="CacheBehind") from None

    def take(self, step: Step) -> None:
        """Take over one step of the watch."""
        match step:
            case Listed():
                self._replace(step.items, version(step.resource_version))
            case Changed():
                self._change(step)
            case Connected():
                self._lost_at = self._fault = None
            case Lost():
                self._fault = step.error
                self._lost_at = time.monotonic() if self._lost_at is None else self._lost_at
            case Absent():
                self._empty()
        self._wake()

    def _replace(self, items: list[Json], seen: int) -> None:
        listed = {item["metadata"]["uid"] for item in items}
        for obj in self._objects.all():
            uid = obj["metadata"]["uid"]
            # An own write that is newer than the list cannot be in it.
            if uid not in listed and not self._newer_here(obj, seen):
                self._bury(uid)
                self._drop(uid)
        for item in items:
            cached = self._objects.get(name_of(item))
            if item["metadata"]["uid"] in self._dead or (cached and self._newer_here(cached, version(item))):
                continue
            if cached is None or _identity(cached) != _identity(item):
                self._put(item)
        self._learned = {uid for uid in self._learned if version(self._objects.by_uid(uid) or "") > seen}
        self._seen = seen
        self._lost_at = self._fault = None
        self.synced = self._served = True

    def _change(self, event: Changed) -> None:
        obj, at = event.object, version(event.object)
        if event.type != "BOOKMARK":
            uid = obj["metadata"]["uid"]
            if event.type == "DELETED":
                self._bury(uid)
                self._drop(uid)
            elif uid not in self._dead:
                self._put_newer(obj)
            if uid in self._learned and at >= version(self._objects.by_uid(uid) or ""):
                self._learned.discard(uid)
        self._seen = max(self._seen, at)

    def _empty(self) -> None:
        self._objects.clear()
        self._learned.clear()
        self._seen = 0
        self._lost_at = self._fault = None
        self._served = False
        self.synced = self.optional

    def _newer_here(self, obj: Json, than: int) -> bool:
        return obj["metadata"]["uid"] in self._learned and version(obj) > than

    def _put_newer(self, obj: Json) -> bool:
        cached = self._objects.get(name_of(obj))
        if cached is not None and version(cached) >= version(obj):
            return False
        self._put(obj)
        return True

    def _put(self, obj: Json) -> None:
        try:
            kept = self.keep(obj)
        except Exception:
            # Anyone may create odd objects; one must not stop the watch of all others.
            log.exception("trimming failed", kind=self.kind.full_name, object=name_of(obj))
            kept = trim(obj)
        replaced = self._objects.get(name_of(obj))
        if replaced is not None and replaced["metadata"]["uid"] != obj["metadata"]["uid"]:
            # A name is free again only when its object is gone for good.
            self._bury(replaced["metadata"]["uid"])
            self._drop(replaced["metadata"]["uid"])
        self._objects.put(self._pool.share(kept, replaced))

    def _drop(self, uid: str) -> None:
        obj = self._objects.by_uid(uid)
        if obj is not None:
            self._objects.drop(name_of(obj))
        self._learned.discard(uid)

    def _bury(self, uid: str) -> None:
        self._dead[uid] = None
        if len(self._dead) > TOMBSTONES:
            del self._dead[next(iter(self._dead))]

    def _has(self, obj_or_rv: Json | str, wanted: int) -> bool:
        if self._seen >= wanted:
            return True
        if isinstance(obj_or_rv, str):
            return False
        cached = self._objects.by_uid(obj_or_rv["metadata"]["uid"])
        return cached is not None and version(cached) >= wanted

    def _wake(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _readable(self) -> Indexed:
        self.require_synced()
        return self._objects


def _uid(obj: Json) -> tuple[str]:
    return (obj["metadata"]["uid"],)


def _namespace(obj: Json) -> tuple[str]:
    return (obj["metadata"]["namespace"],)


def _identity(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["uid"], obj["metadata"].get("resourceVersion", "")


class Caches:
    """The caches of one process, each followed by a task of its own between `start` and `stop`."""

    def __init__(
        self,
        client: Client,
        watched: Iterable[Watched],
        *,
        limits: WatchLimits | None = None,
        stale_s: float = STALE_S,
    ) -> None:
        self._client = client
        self._limits = limits or WatchLimits()
        pool = Pool()
        self._caches = {wish.kind: Cache(wish, stale_s, pool) for wish in watched}
        self._tasks: list[asyncio.Task[None]] = []
        self._all_synced = asyncio.Event()

    def __getitem__(self, kind: Kind) -> Cache:
        """Return the cache of a kind; KeyError if nobody watches it. `learn` and `forget` need no sync.

        So the answer to a write that has succeeded can always be taken over.
        """
        return self._caches[kind]

    def __contains__(self, kind: Kind) -> bool:
        return kind in self._caches

    def __iter__(self) -> Iterator[Kind]:
        return iter(self._caches)

    @property
    def ready(self) -> bool:
        """Say whether every kind has been listed; optional ones may be absent."""
        return all(cache.synced for cache in self._caches.values())

    def unsynced(self) -> list[str]:
        """Name the kinds that `ready` waits for."""
        return [kind.full_name for kind, cache in self._caches.items() if not cache.synced]

    def problems(self) -> dict[Kind, Problem]:
        """Say of which kinds nothing may be said now, and why."""
        found = ((kind, cache.problem) for kind, cache in self._caches.items())
        return {kind: problem for kind, problem in found if problem is not None}

    def learn(self, kind: Kind, obj: Json) -> None:
        """Let the cache of the kind, if there is one, take over the answer to an own write."""
        if kind in self._caches:
            self._caches[kind].learn(obj)

    async def start(self) -> None:
        """Begin to follow every kind; wait for nothing."""
        self._tasks = [
            asyncio.create_task(self._follow(cache), name=f"watch {cache.kind.full_name}")
            for cache in self._caches.values()
        ]

    async def stop(self) -> None:
        """Stop following; what is cached stays readable until it is stale."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until `ready`; raise NotSynced, naming the kinds that are missing."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self.ready:
                    await self._all_synced.wait()
                    self._all_synced.clear()
        except TimeoutError:
            raise NotSynced(f"not listed within {timeout_s:g} s: {', '.join(self.unsynced())}") from None

    async def _follow(self, cache: Cache) -> None:
        back_off = BackOff(self._limits.back_off_s, self._limits.back_off_most_s)
        while True:
            try:
                async with aclosing(infinite_watch(self._client, cache.kind, self._limits, cache.keep)) as steps:
                    async for step in steps:
                        cache.take(step)
                        if isinstance(step, Listed | Absent):
                            back_off.reset()
                            self._progress()
            except Exception as error:
                # A fault of our own or a malformed object: begin anew with a list rather than stay silent for ever.
                log.exception("watch failed", kind=cache.kind.full_name)
                cache.take(Lost(Unavailable(str(error))))
            await asyncio.sleep(back_off.next_s())

    def _progress(self) -> None:
        if self.ready:
            self._all_synced.set()
