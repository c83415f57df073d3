"""Recorded timelines of a real KubeVirt beside what the development cluster does: states in order, kind by kind.

A timeline becomes tracks: one for each thing whose states follow one another (a phase, a condition, the one word of a
machine) with names, ids, times and versions left out, and one for each reason of an event. Two timelines are alike when
their tracks are.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from dicot.kube import kinds as K
from tests.devcluster.controllers import account
from tests.devcluster.controllers.bench import DEADLINE_S, NAMESPACE, Bench
from tests.shared_material import shared

Json = dict[str, Any]
Tracks = dict[str, list[str]]
KINDS = {
    "vm": K.VIRTUAL_MACHINES,
    "vmi": K.VIRTUAL_MACHINE_INSTANCES,
    "vmim": K.VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    "pod": K.PODS,
    "event": K.EVENTS,
}
GONE = "-"


def recorded(file: str, label: str) -> list[Json]:
    """The events of one recorded timeline, found by the beginning of its label."""
    for item in json.loads(shared(f"recordings/kubernetes/{file}").read_text())["items"]:
        if item["label"].startswith(label):
            return item["events"]
    raise LookupError(label)


def line(kind: str, change: str, obj: Json) -> Json:
    """Write one watch event as the recordings have it."""
    if kind == "event":
        involved = obj["involvedObject"]
        about = f"{involved['kind']}/{involved['name']}"
        return {"kind": kind, "type": change, "reason": obj["reason"], "evtype": obj["type"], "involved": about}
    status = obj.get("status") or {}
    metadata = obj["metadata"]
    return {"kind": kind, "type": change, "name": metadata["name"], "status": status,
            "finalizers": metadata.get("finalizers"), "deletionTimestamp": metadata.get("deletionTimestamp"),
            "conditions": [condition(one, named=True) for one in status.get("conditions") or []]}  # fmt: skip


def condition(one: Json, *, named: bool = False) -> str:
    value = one["status"] + (f"({one['reason']})" if one.get("reason") else "")
    return f"{one['type']}={value}" if named else value


def _states(event: Json) -> Iterable[tuple[str, str]]:
    """What one line says of an object: pairs of what, and its state."""
    kind, status = event["kind"], event.get("status") or {}
    if event["type"] == "DELETED":
        yield "phase" if kind != "vm" else "printableStatus", GONE
        return
    if kind == "vm":
        yield "printableStatus", status.get("printableStatus") or ""
    elif status.get("phase"):
        yield "phase", status["phase"]
    if kind == "pod":
        return
    for one in status.get("conditions") or []:
        yield f"condition {one['type']}", condition(one)


def tracks(events: Iterable[Json]) -> Tracks:
    """Follow each thing through a timeline. Launcher pods are numbered as they are created; older ones are left out."""
    found: Tracks = {}
    pods: dict[str, str] = {}
    for event in events:
        kind = event["kind"]
        if kind == "event":
            what = f"event {event['involved'].split('/')[0]} {event['reason']}"
            found.setdefault(what, [event["evtype"]])
            continue
        if kind not in KINDS:
            continue
        if kind == "pod":
            if event["type"] == "ADDED":
                pods.setdefault(event["name"], f"pod {len(pods) + 1}")
            kind = pods.get(event["name"], "")
        if kind:
            _follow(found, kind, event)
    return found


def _follow(found: Tracks, kind: str, event: Json) -> None:
    now = {f"{kind} {what}": state for what, state in _states(event)}
    for what, state in now.items():
        seen = found.setdefault(what, [])
        if seen[-1:] != [state]:
            seen.append(state)
    if event["kind"] == "pod":
        return
    for what, seen in found.items():
        if what.startswith(f"{kind} condition ") and what not in now and seen[-1] != GONE:
            seen.append(GONE)


def about(events: Iterable[Json], *names: str) -> list[Json]:
    """Choose the lines about some machines: about what bears their names, and about their launcher pods."""

    def named(event: Json) -> bool:
        name = event["involved"].split("/", 1)[1] if event["kind"] == "event" else event.get("name") or ""
        return any(name == one or name.startswith(f"virt-launcher-{one}-") for one in names)

    return [event for event in events if named(event)]


class Heard:
    """What a watch of every kind has told, after the objects that were there before."""

    def __init__(self, bench: Bench, kinds: Mapping[str, K.Kind]) -> None:
        self._bench = bench
        self._kinds = kinds
        self._versions: dict[tuple[str, str], str] = {}
        self.before: list[Json] = []
        self.events: list[Json] = []

    @property
    def tracks(self) -> Tracks:
        """The tracks, each from the state that was there before."""
        return tracks([*self.before, *self.events])

    async def _list(self, kind: str) -> tuple[list[Json], str]:
        items, revision = await self._bench.client.list(self._kinds[kind], NAMESPACE)
        return items, revision

    async def _follow(self, kind: str, revision: str, began: asyncio.Event) -> None:
        watch = self._bench.client.watching(
            self._kinds[kind], NAMESPACE, resource_version=revision, timeout_s=60, inactivity_s=60
        )
        async with watch as events:
            began.set()
            async for event in events:
                if event["type"] == "BOOKMARK":
                    continue
                obj = event["object"]
                key = (kind, obj["metadata"]["name"])
                if event["type"] == "DELETED":
                    self._versions.pop(key, None)
                else:
                    self._versions[key] = obj["metadata"]["resourceVersion"]
                self.events.append(line(kind, event["type"], obj))

    async def start(self, tasks: asyncio.TaskGroup) -> list[asyncio.Task[None]]:
        """Note what is there, and begin to listen."""
        running = []
        for kind in self._kinds:
            items, revision = await self._list(kind)
            for obj in items if kind != "event" else ():
                self.before.append(line(kind, "BEFORE", obj))
            for obj in items:
                self._versions[kind, obj["metadata"]["name"]] = obj["metadata"]["resourceVersion"]
            began = asyncio.Event()
            running.append(tasks.create_task(self._follow(kind, revision, began)))
            await began.wait()
        return running

    async def settle(self) -> None:
        """Wait until all that has happened so far has been heard."""

        async def heard_all() -> bool:
            for kind in self._kinds:
                items, _ = await self._list(kind)
                now = {(kind, one["metadata"]["name"]): one["metadata"]["resourceVersion"] for one in items}
                if now != {key: version for key, version in self._versions.items() if key[0] == kind}:
                    return False
            return True

        await self._bench.until(heard_all, "the end of what was to be heard")


@asynccontextmanager
async def listening(bench: Bench, kinds: Mapping[str, K.Kind] = KINDS) -> AsyncIterator[Heard]:
    """Listen to the bench's namespace while the body acts; at its end everything has been heard."""
    heard = Heard(bench, kinds)
    async with asyncio.timeout(4 * DEADLINE_S), asyncio.TaskGroup() as group:
        tasks = await heard.start(group)
        yield heard
        await heard.settle()
        for task in tasks:
            task.cancel()


class Comparison:
    """Two sets of tracks side by side: what is equal, what differs, and what differs by a name that is known."""

    def __init__(self, ours: Tracks, theirs: Tracks, known: Mapping[str, str]) -> None:
        self.equal: list[str] = []
        self.listed: list[str] = []
        self.different: dict[str, tuple[list[str] | None, list[str] | None]] = {}
        for what in sorted(ours.keys() | theirs.keys()):
            mine, recorded_ = ours.get(what), theirs.get(what)
            if recorded_ is None and mine is not None and len(mine) == 1 and not what.startswith(("event", "pod")):
                continue  # nothing changed, so that the recording has no line of it
            if mine == recorded_ or (mine is not None and mine[1:] == recorded_):
                self.equal.append(what)
            elif what in known:
                self.listed.append(what)
            else:
                self.different[what] = (mine, recorded_)

    def __str__(self) -> str:
        counts = f"{len(self.equal)} tracks equal, {len(self.listed)} listed, {len(self.different)} different"
        lines = [f"  {what}: ours {pair[0]}, recorded {pair[1]}" for what, pair in self.different.items()]
        return "\n".join([counts, *lines])


def compare(label: str, heard: Heard, file: str, known: Mapping[str, str], *names: str) -> Comparison:
    """Compare what was heard with a recorded timeline, print the counts, and fail on what is not listed by name.

    With names only what is about these machines counts: the recorder went on while earlier ones were still ending.
    """
    theirs, ours = recorded(file, label), [*heard.before, *heard.events]
    if names:
        theirs, ours = about(theirs, *names), about(ours, *names)
    result = Comparison(tracks(ours), tracks(theirs), known)
    print(f"{file}, {label}: {result}")
    account.count_timeline(len(result.equal), len(result.listed), len(result.different))
    assert not result.different, str(result)
    assert result.equal
    return result
