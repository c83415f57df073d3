"""The verbs over the store and its file, against a model: a dictionary for each revision, and a list of events.

Requests go straight to the application, so that each is one turn of the event loop and the order is the machine's.
"""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule

from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.app import build
from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store
from dicot.devcluster.apiserver.users import Tokens, User
from dicot.devcluster.clock import ManualClock
from tests.devcluster.apiserver.client import JSON_PATCH, MERGE
from tests.devcluster.apiserver.conversation import Conversation
from tests.examples import played

Json = dict[str, Any]
NAMESPACES = ["a", "a-b", "b"]
NAMES = ["x", "y", "z"]
LOG_LIMIT = 12
TOKEN = "of-the-machine"

places = st.tuples(st.sampled_from(NAMESPACES), st.sampled_from(NAMES))
scopes = st.sampled_from(["", *NAMESPACES])
values = st.sampled_from(["1", "2", "3"])
versions = st.sampled_from(["none", "current", "old"])


def path_of(namespace: str, name: str = "") -> str:
    inside = f"/namespaces/{namespace}" if namespace else ""
    return f"/api/v1{inside}/configmaps" + (f"/{name}" if name else "")


def place_of(obj: Json) -> tuple[str, str]:
    return obj["metadata"]["namespace"], obj["metadata"]["name"]


def version_of(obj: Json) -> int:
    return int(obj["metadata"]["resourceVersion"])


class OpenWatch:
    """A watch that stays open, and which revisions' events it must have shown."""

    def __init__(self, talk: Conversation, task: asyncio.Task[None], scope: str, after: int) -> None:
        self.talk, self.task, self.scope, self.after = talk, task, scope, after


class VerbsMachine(RuleBasedStateMachine):
    """Everything that clients can ask of a kind, in any order, over restarts and compactions."""

    pages = Bundle("pages")
    seen = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.file = Path(self.folder.name) / "objects.jsonl"
        self.loop = asyncio.new_event_loop()
        self.clock = ManualClock()
        self.watches: list[OpenWatch] = []
        self.tokens = Tokens()
        self.tokens.add(TOKEN, User("root", groups=("system:masters",)))
        self._open()
        for name in NAMESPACES:
            self.ask(201, "POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        self.model: dict[tuple[str, str], Json] = {}
        self.history = {self.store.revision: dict(self.model)}
        self.log: list[tuple[int, str, Json]] = []
        self.oldest = self.store.compacted

    def _open(self) -> None:
        self.store = Store(Journal(self.file), LOG_LIMIT)
        self.api = Api(self.store, self.clock, self.tokens)
        self.app = build(self.api)

    def teardown(self) -> None:
        self._end_watches()
        self.store.close()
        self.loop.close()
        self.folder.cleanup()

    def ask(self, status: int, method: str, target: str, body: Any = None, content_type: str = "") -> Json:
        talk = Conversation(TOKEN, method, target, body, content_type or "application/json")
        self.loop.run_until_complete(self.app(talk.scope, talk.receive, talk.send))
        assert talk.status == status, (status, talk.status, talk.answer)
        return talk.json

    def watch(self, scope: str, after: int) -> OpenWatch:
        talk = Conversation(TOKEN, "GET", f"{path_of(scope)}?watch=1&resourceVersion={after}")
        task = self.loop.create_task(self.app(talk.scope, talk.receive, talk.send))
        return OpenWatch(talk, task, scope, after)

    def _finish(self, watch: OpenWatch) -> list[Json]:
        watch.talk.hang_up()
        self.loop.run_until_complete(watch.task)
        return watch.talk.events

    def _end_watches(self) -> None:
        while self.watches:
            watch = self.watches.pop()
            self._compare_events(watch, self._finish(watch))

    def _compare_events(self, watch: OpenWatch, shown: list[Json]) -> None:
        found = [(version_of(event["object"]), event["type"], event["object"]) for event in shown]
        assert found == [entry for entry in self.log if entry[0] > watch.after and within(entry[2], watch.scope)]

    def version_to_send(self, place: tuple[str, str], which: str) -> Json:
        if which == "none" or place not in self.model:
            return {}
        current = version_of(self.model[place])
        return {"resourceVersion": str(current if which == "current" else current - 1)}

    @rule(target=seen, place=places, value=values, held=st.booleans())
    def create(self, place: tuple[str, str], value: str, held: bool) -> Any:
        metadata = {"name": place[1]} | ({"finalizers": ["example.com/held"]} if held else {})
        body = {"metadata": metadata, "data": {"value": value}}
        if place in self.model:
            refused = self.ask(409, "POST", path_of(place[0]), body)
            assert refused["reason"] == "AlreadyExists"
            return multiple()
        made = self.ask(201, "POST", path_of(place[0]), body)
        assert made["data"] == {"value": value}
        self.note("ADDED", made)
        return version_of(made)

    @rule(target=seen, place=places, value=values, which=versions)
    def update(self, place: tuple[str, str], value: str, which: str) -> Any:
        kept = {key: v for key, v in self.before(place)["metadata"].items() if key == "finalizers"}
        body = {"metadata": {"name": place[1], **kept, **self.version_to_send(place, which)}, "data": {"value": value}}
        return self._changed(place, value, which, "PUT", body)

    @rule(target=seen, place=places, value=values, which=versions)
    def merge_patch(self, place: tuple[str, str], value: str, which: str) -> Any:
        body = {"metadata": self.version_to_send(place, which), "data": {"value": value}}
        return self._changed(place, value, which, "PATCH", body, MERGE)

    @rule(target=seen, place=places, value=values)
    def json_patch(self, place: tuple[str, str], value: str) -> Any:
        body = [{"op": "replace", "path": "/data/value", "value": value}]
        return self._changed(place, value, "none", "PATCH", body, JSON_PATCH)

    def before(self, place: tuple[str, str]) -> Json:
        return self.model.get(place, {"metadata": {}})

    def _changed(self, place: tuple[str, str], value: str, which: str, method: str, body: Any, kind: str = "") -> Any:
        path = path_of(*place)
        if place not in self.model:
            self.ask(404, method, path, body, kind)
            return multiple()
        if which == "old":
            refused = self.ask(409, method, path, body, kind)
            assert refused["reason"] == "Conflict"
            return multiple()
        was = self.model[place]
        now = self.ask(200, method, path, body, kind)
        if was["data"]["value"] == value:
            assert now == was
            return multiple()
        assert now["data"] == {"value": value}
        assert now["metadata"]["uid"] == was["metadata"]["uid"]
        self.note("MODIFIED", now)
        return version_of(now)

    @rule(target=seen, place=places, which=st.sampled_from(["none", "current", "old", "other uid"]))
    def delete(self, place: tuple[str, str], which: str) -> Any:
        only_if = {"uid": "another"} if which == "other uid" else self.version_to_send(place, which)
        body = {"kind": "DeleteOptions", "apiVersion": "v1", "preconditions": only_if}
        if place not in self.model:
            self.ask(404, "DELETE", path_of(*place), body)
            return multiple()
        if which in ("old", "other uid"):
            self.ask(409, "DELETE", path_of(*place), body)
            return multiple()
        self.ask(200, "DELETE", path_of(*place), body)
        return self._deleted(place) or multiple()

    @rule(namespace=st.sampled_from(NAMESPACES))
    def delete_collection(self, namespace: str) -> None:
        self.ask(200, "DELETE", path_of(namespace))
        for place in sorted(place for place in self.model if place[0] == namespace):
            self._deleted(place, max(self.history) + 1)

    def _deleted(self, place: tuple[str, str], revision: int = 0) -> int:
        """Take a deletion over into the model: the object goes, or waits for its finalizers; 0: it waited already."""
        was, revision = self.model[place], revision or self.store.revision
        if "finalizers" not in was["metadata"]:
            self.note("DELETED", at(was, revision))
        elif "deletionTimestamp" not in was["metadata"]:
            (marked,) = [event.new.body for event in self.store.log if event.revision == revision and event.new]
            new = {"deletionTimestamp", "deletionGracePeriodSeconds", "resourceVersion"}
            assert new <= set(marked["metadata"])
            assert without(marked, new) == without(was, new)
            self.note("MODIFIED", marked)
        else:
            return 0
        return revision

    @rule(target=seen, place=places)
    def release(self, place: tuple[str, str]) -> Any:
        """Take the finalizers away: an object that was deleted is gone then."""
        if "finalizers" not in self.before(place)["metadata"]:
            return multiple()
        was = self.model[place]
        now = self.ask(200, "PATCH", path_of(*place), {"metadata": {"finalizers": None}}, MERGE)
        assert "finalizers" not in now["metadata"]
        if "deletionTimestamp" not in was["metadata"]:
            self.note("MODIFIED", now)
        else:
            self.note("DELETED", at(was, self.store.revision))
        return max(self.history)

    def note(self, kind: str, obj: Json) -> None:
        """Take a write over into the model."""
        revision = version_of(obj)
        assert revision == max(self.history) + 1
        if kind == "DELETED":
            del self.model[place_of(obj)]
        else:
            self.model[place_of(obj)] = obj
        self.log.append((revision, kind, obj))
        self.history[revision] = dict(self.model)
        self.oldest = max([self.oldest, *[at for at, _, _ in self.log[:-LOG_LIMIT]]])

    def expected(self, revision: int, scope: str) -> list[Json]:
        """Say what was there at a revision, in the order of lists."""
        objects = self.history[revision].values()
        return sorted((obj for obj in objects if within(obj, scope)), key=lambda obj: "/".join(place_of(obj)))

    @rule(scope=scopes)
    def list_now(self, scope: str) -> None:
        page = self.ask(200, "GET", path_of(scope))
        assert whole(page["items"]) == self.expected(max(self.history), scope)
        assert version_of(page) == max(self.history)

    @rule(scope=scopes, revision=seen)
    def list_then(self, scope: str, revision: int) -> None:
        """List at a revision: exactly what was there, or 410 once it is forgotten."""
        path = f"{path_of(scope)}?resourceVersionMatch=Exact&resourceVersion={revision}"
        if revision < self.oldest:
            assert self.ask(410, "GET", path)["reason"] == "Expired"
            return
        page = self.ask(200, "GET", path)
        assert whole(page["items"]) == self.expected(revision, scope)
        assert version_of(page) == revision

    @rule(scope=scopes, ahead=st.integers(1, 5))
    def list_what_is_yet_to_come(self, scope: str, ahead: int) -> None:
        self.ask(504, "GET", f"{path_of(scope)}?resourceVersion={max(self.history) + ahead}")

    @rule(target=pages, scope=scopes, limit=st.integers(1, 3))
    def first_page(self, scope: str, limit: int) -> Any:
        return self._page(scope, f"limit={limit}", max(self.history), 0, limit)

    @rule(target=pages, page=consumes(pages), limit=st.integers(1, 3))
    def next_page(self, page: tuple[str, str, int, int], limit: int) -> Any:
        """Go on with a list: at the revision of its first page, or 410 with a token that goes on at the newest."""
        scope, token, revision, begin = page
        query = f"limit={limit}&continue={token}"
        if revision >= self.oldest:
            return self._page(scope, query, revision, begin, limit)
        refused = self.ask(410, "GET", f"{path_of(scope)}?{query}")
        fresh = self.ask(200, "GET", f"{path_of(scope)}?continue={refused['metadata']['continue']}")
        last = self.expected(revision, scope)[begin - 1]
        now = self.expected(max(self.history), scope)
        assert whole(fresh["items"]) == [obj for obj in now if "/".join(place_of(obj)) > "/".join(place_of(last))]
        return multiple()

    def _page(self, scope: str, query: str, revision: int, begin: int, limit: int) -> Any:
        page = self.ask(200, "GET", f"{path_of(scope)}?{query}")
        expected = self.expected(revision, scope)[begin:]
        assert whole(page["items"]) == expected[:limit]
        assert version_of(page) == revision
        left = len(expected) - limit
        assert page["metadata"].get("remainingItemCount", 0) == max(left, 0)
        assert ("continue" in page["metadata"]) == (left > 0)
        return (scope, page["metadata"]["continue"], revision, begin + limit) if left > 0 else multiple()

    @rule(place=places)
    def get(self, place: tuple[str, str]) -> None:
        if place in self.model:
            assert self.ask(200, "GET", path_of(*place)) == self.model[place]
        else:
            self.ask(404, "GET", path_of(*place))

    @rule(scope=scopes, revision=seen)
    def watch_since(self, scope: str, revision: int) -> None:
        """Watch from a revision: everything that has happened since, or 410 once it is forgotten."""
        watch = self.watch(scope, revision)
        if revision >= self.oldest:
            self._compare_events(watch, self._finish(watch))
            return
        (refused,) = self._finish(watch)
        assert (refused["type"], refused["object"]["code"]) == ("ERROR", 410)

    @rule(scope=scopes)
    def open_a_watch(self, scope: str) -> None:
        """Begin a watch that sees what comes, until the end or a restart."""
        self.watches.append(self.watch(scope, max(self.history)))
        self.loop.run_until_complete(asyncio.sleep(0))

    @rule()
    def compact(self) -> None:
        self.api.faults.expire()
        self.oldest = max(self.history)

    @rule(torn=st.binary(max_size=40).filter(lambda some: b"\n" not in some))
    def restart(self, torn: bytes) -> None:
        """End at any moment, perhaps within a write that was never acknowledged, and begin again with the file."""
        self._end_watches()
        self.store.close()
        with self.file.open("ab") as file:
            file.write(torn)
        self._open()
        self.oldest = max(self.history)

    @invariant()
    def the_revision_is_that_of_the_last_write(self) -> None:
        assert self.store.revision == max(self.history)
        assert len(self.store.log) <= LOG_LIMIT


def within(obj: Json, scope: str) -> bool:
    return scope in ("", obj["metadata"]["namespace"])


def at(obj: Json, revision: int) -> Json:
    return {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(revision)}}


def without(obj: Json, keys: set[str]) -> Json:
    return {**obj, "metadata": {key: value for key, value in obj["metadata"].items() if key not in keys}}


def whole(items: list[Json]) -> list[Json]:
    """Add what lists of built-in kinds leave out."""
    return [{"kind": "ConfigMap", "apiVersion": "v1", **item} for item in items]


TestVerbs = VerbsMachine.TestCase
TestVerbs.settings = played(examples=40, steps=40)
