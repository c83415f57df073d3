"""GET ?watch=1: a stream of events, from now or from a past revision, with bookmarks."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec

from dicot.devcluster.apiserver import views
from dicot.devcluster.apiserver.call import Call, Receive, Send, Streamed
from dicot.devcluster.apiserver.fanout import Watch
from dicot.devcluster.apiserver.negotiation import Form, negotiate
from dicot.devcluster.apiserver.options import ListOptions, list_options, parse_version
from dicot.devcluster.apiserver.partial import partial_object
from dicot.devcluster.apiserver.selectors import Match, compile_match, parse_fields, parse_labels
from dicot.devcluster.apiserver.status import failure, internal
from dicot.devcluster.apiserver.store import Event, Record
from dicot.devcluster.apiserver.table import table

Json = dict[str, Any]
LONGEST_S = 3600.0
_INITIAL_END = {"k8s.io/initial-events-end": "true"}


class Shape:
    """How one watch spells its events."""

    def __init__(self, call: Call, form: Form, match: Match | None) -> None:
        self.call = call
        self.form = form
        self.match = match
        self._headed = False
        self._key = f"{call.resource.version} {form.shape}"

    def event(self, event: Event) -> bytes:
        """Return an event as this watch sees it; nothing where its selector leaves it out."""
        if self.match is None:
            kind = "ADDED" if event.old is None else "MODIFIED" if event.new else "DELETED"
            return self._cached(event, kind, event.new or event.deleted)
        before = event.old is not None and self.match(event.old.body)
        after = event.new is not None and self.match(event.new.body)
        if after:
            return self._cached(event, "MODIFIED" if before else "ADDED", event.new)
        return self._cached(event, "DELETED", event.deleted or _left(event)) if before else b""

    def _cached(self, event: Event, kind: str, record: Record | None) -> bytes:
        assert record is not None
        if self.form.shape == "Table":
            return self.frame(kind, record)
        key = f"{kind} {self._key}"
        if key not in event.frames:
            event.frames[key] = self.frame(kind, record)
        return event.frames[key]

    def frame(self, kind: str, record: Record) -> bytes:
        """Spell one event."""
        if self.form.plain_json:
            shown = views.encoded(self.call.resource, record)
        else:
            shown = msgspec.json.encode(self._reshaped(views.at_version(self.call.resource, record.body)))
        return b'{"type":"' + kind.encode() + b'","object":' + shown + b"}\n"

    def _reshaped(self, body: Json) -> Json:
        if self.form.shape != "Table":
            return partial_object(body)
        metadata = {"resourceVersion": body["metadata"]["resourceVersion"]}
        include = self.call.query.get("includeObject", "Metadata")
        made = table(self.call.resource, [body], metadata, include, self.call.api.clock.now())
        if self._headed:
            made["columnDefinitions"] = None
        self._headed = True
        return made

    def bookmark(self, revision: int, annotations: Json | None = None) -> bytes:
        """Spell a bookmark."""
        metadata: Json = {"resourceVersion": str(revision)}
        if annotations:
            metadata["annotations"] = annotations
        resource = self.call.resource
        shown = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
        return msgspec.json.encode({"type": "BOOKMARK", "object": shown}) + b"\n"


def _left(event: Event) -> Record:
    old = event.old
    assert old is not None
    body = {**old.body, "metadata": {**old.body["metadata"], "resourceVersion": str(event.revision)}}
    return Record(old.bucket, old.key, body, event.revision)


def handle(call: Call) -> Streamed:
    """Answer with a stream."""
    options = list_options(call.query, watch=True)
    match = compile_match(parse_labels(options.labels), parse_fields(options.fields, call.resource))
    shape = Shape(call, negotiate(call.headers.get("accept", "")), match)
    text = options.resource_version
    wrong = f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
    asked = parse_version(text or "0", internal(wrong))

    async def run(receive: Receive, send: Send) -> None:
        await _Stream(call, options, shape, asked).run(receive, send)

    return Streamed(run)


class _Stream:
    def __init__(self, call: Call, options: ListOptions, shape: Shape, asked: int) -> None:
        self.call = call
        self.options = options
        self.shape = shape
        self.asked = asked
        named = call.target.namespace and call.resource.namespaced
        self.prefix = f"{call.target.namespace}/" if named else ""
        self.watch = Watch(call.resource.bucket, self.prefix, bookmarks=options.bookmarks)

    async def run(self, receive: Receive, send: Send) -> None:
        loop, fanout = asyncio.get_running_loop(), self.call.api.fanout
        timer = loop.call_later(min(self.options.timeout_s or LONGEST_S, LONGEST_S), self.watch.end)
        gone = asyncio.ensure_future(_until_gone(receive, self.watch.end))
        fanout.open(self.watch)
        try:
            headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache, private")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": self._first(), "more_body": True})
            await self._follow(send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            fanout.close(self.watch)
            timer.cancel()
            gone.cancel()

    def _first(self) -> bytes:
        """Return what is sent at once: the present state, or what happened since the revision asked for."""
        store, bucket = self.call.api.store, self.call.resource.bucket
        initial = self.options.initial_events
        if initial or (initial is None and self.asked == 0):
            found = (r for r in store.scan(bucket, self.prefix) if self.shape.match is None or self.shape.match(r.body))
            frames = [self.shape.frame("ADDED", record) for record in found]
            if initial and self.options.bookmarks:
                frames.append(self.shape.bookmark(store.revision, _INITIAL_END))
            return b"".join(frames)
        oldest = max(store.compacted, store.watched_from)
        if 0 < self.asked < oldest:
            self.watch.end()
            text = f"too old resource version: {self.asked} ({oldest})"
            return msgspec.json.encode({"type": "ERROR", "object": failure(410, text)}) + b"\n"
        if self.asked == 0:
            return b""
        past = store.since(bucket, self.asked)
        return b"".join(self.shape.event(e) for e in past if e.record.key.startswith(self.prefix))

    async def _follow(self, send: Send) -> None:
        watch = self.watch
        while True:
            frames: list[bytes] = []
            while watch.backlog:
                item = watch.backlog.popleft()
                if isinstance(item, int):
                    frames.append(self.shape.bookmark(item))
                elif item.revision > self.asked:
                    frames.append(self.shape.event(item))
            data = b"".join(frames)
            if data:
                await send({"type": "http.response.body", "body": data, "more_body": True})
            elif watch.ended:
                return
            else:
                watch.woken.clear()
                await watch.woken.wait()


async def _until_gone(receive: Receive, end: Callable[[], None]) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    end()
