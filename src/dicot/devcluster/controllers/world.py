"""What the controllers know of the cluster: every watched object, newest version, with the few indexes stages need.

Follows list and watch; own writes are learnt at once. Objects it hands out are never changed by anyone.
"""

import asyncio
import contextlib
import logging
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from dicot.devcluster.controllers.objects import name_of, namespace_of, uid_of
from dicot.kube import Json
from dicot.kube.client import Client
from dicot.kube.kinds import Kind
from dicot.kube.watch import Absent, Changed, Listed, WatchLimits, infinite_watch

LIMITS = WatchLimits()
TOMBSTONES = 20_000

log = logging.getLogger(__name__)

Key = tuple[Kind, str, str]
Listener = Callable[[Kind, Json, bool], None]
Index = Callable[[Json], Iterable[str]]
Weight = Callable[[Json], tuple[str, dict[str, int]] | None]


class World:
    """All watched objects by kind, namespace and name."""

    def __init__(self, indexes: dict[Kind, Index] | None = None, weights: dict[Kind, Weight] | None = None) -> None:
        self._objects: dict[Kind, dict[str, dict[str, Json]]] = defaultdict(lambda: defaultdict(dict))
        self._children: dict[str, set[Key]] = defaultdict(set)
        self._entries: dict[str, set[Key]] = defaultdict(set)
        self._gone: OrderedDict[str, None] = OrderedDict()
        self._listeners: list[Listener] = []
        self._indexes = indexes or {}
        self._weights = weights or {}
        self._totals: dict[Kind, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))

    def listen(self, listener: Listener) -> None:
        """Call `listener(kind, object, deleted)` for every change from now on."""
        self._listeners.append(listener)

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """Find one object."""
        return self._objects[kind][namespace].get(name)

    def all(self, kind: Kind, namespace: str | None = None) -> Iterator[Json]:
        """Go through the objects of a kind, in one namespace or in all."""
        spaces = [namespace] if namespace is not None else list(self._objects[kind])
        return (obj for space in spaces for obj in list(self._objects[kind][space].values()))

    def children(self, kind: Kind, owner_uid: str) -> list[Json]:
        """Find the objects of a kind that name this owner, by name."""
        return self._resolve(self._children.get(owner_uid, ()), kind)

    def find(self, kind: Kind, entry: str) -> list[Json]:
        """Find the objects of a kind whose index function yielded `entry`, by name."""
        return self._resolve(self._entries.get(entry, ()), kind)

    def total(self, kind: Kind, entry: str) -> Mapping[str, int]:
        """Sum up what the kind's weight function said of the objects that it gave `entry`."""
        return self._totals[kind].get(entry, {})

    def learn(self, kind: Kind, obj: Json) -> bool:
        """Take a version of an object unless a newer one, or its end, is known; say whether it was news."""
        if uid_of(obj) in self._gone:
            return False
        obj["metadata"].pop("managedFields", None)  # large, and no stage reads it
        space = self._objects[kind][namespace_of(obj)]
        known = space.get(name_of(obj))
        if known is not None and _revision(known) >= _revision(obj):
            return False
        self._index(kind, known, obj)
        space[name_of(obj)] = obj
        self._tell(kind, obj, deleted=False)
        return True

    def forget(self, kind: Kind, obj: Json) -> None:
        """Take note that an object is gone for good."""
        self._gone[uid_of(obj)] = None
        if len(self._gone) > TOMBSTONES:
            self._gone.popitem(last=False)
        space = self._objects[kind][namespace_of(obj)]
        known = space.get(name_of(obj))
        if known is not None and uid_of(known) == uid_of(obj):
            self._index(kind, known, None)
            del space[name_of(obj)]
            self._tell(kind, obj, deleted=True)

    def replace(self, kind: Kind, objects: list[Json]) -> None:
        """Take a whole list: what it lacks is gone."""
        present = {uid_of(obj) for obj in objects}
        for known in list(self.all(kind)):
            if uid_of(known) not in present:
                self.forget(kind, known)
        for obj in objects:
            self.learn(kind, obj)

    def _tell(self, kind: Kind, obj: Json, *, deleted: bool) -> None:
        for listener in self._listeners:
            listener(kind, obj, deleted)

    def _resolve(self, keys: Iterable[Key], kind: Kind) -> list[Json]:
        found = (
            self._objects[key[0]][key[1]].get(key[2]) for key in sorted(keys, key=lambda k: k[1:]) if key[0] == kind
        )
        return [obj for obj in found if obj is not None]

    def _weigh(self, kind: Kind, old: Json | None, new: Json | None) -> None:
        weight = self._weights.get(kind)
        if weight is None:
            return
        for obj, sign in ((old, -1), (new, 1)):
            found = weight(obj) if obj is not None else None
            if found is not None:
                for name, amount in found[1].items():
                    self._totals[kind][found[0]][name] += sign * amount

    def _index(self, kind: Kind, old: Json | None, new: Json | None) -> None:
        self._weigh(kind, old, new)
        entries = self._indexes.get(kind)
        for obj, change in ((old, set.discard), (new, set.add)):
            if obj is None:
                continue
            key = (kind, namespace_of(obj), name_of(obj))
            for ref in obj["metadata"].get("ownerReferences") or []:
                change(self._children[ref["uid"]], key)
            for entry in entries(obj) if entries else ():
                change(self._entries[entry], key)


def _revision(obj: Json) -> int:
    return int(obj["metadata"]["resourceVersion"])


async def follow(client: Client, world: World, kind: Kind, synced: asyncio.Event) -> None:
    """Keep `world` up to date with one kind for ever; set `synced` after the first list."""
    async for step in infinite_watch(client, kind, LIMITS):
        if isinstance(step, Listed):
            world.replace(kind, step.items)
            synced.set()
        elif isinstance(step, Absent):
            log.warning("%s is not served: its behaviour is not played", kind.plural)
            synced.set()
        elif isinstance(step, Changed) and step.type == "DELETED":
            world.forget(kind, step.object)
        elif isinstance(step, Changed) and step.type in ("ADDED", "MODIFIED"):
            world.learn(kind, step.object)


async def cancel(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks and wait for their end."""
    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task
