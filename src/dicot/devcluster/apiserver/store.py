"""Objects in memory, one revision counter and a bounded log of what happened (the shape of kine's memory driver).

It knows nothing of Kubernetes but keys and revisions. Bodies it holds are never changed in place. All calls are
synchronous: within one event loop turn nothing else happens, which is what makes a verb atomic.
"""

from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec

from dicot.devcluster.apiserver.journal import Journal

Json = dict[str, Any]
Bucket = tuple[str, str]

LOG_LIMIT = 20_000
_FRAMES_KEPT = 256


_DECODE = msgspec.json.Decoder(dict[str, Any]).decode


class Record:
    """One object at one revision; its JSON is encoded once, when first needed."""

    __slots__ = ("_bare", "_body", "_encoded", "bucket", "key", "revision", "uid")

    def __init__(self, bucket: Bucket, key: str, body: Json, revision: int) -> None:
        self.bucket = bucket
        self.key = key
        self.revision = revision
        self.uid = str(body["metadata"].get("uid", ""))
        self._body: Json | None = body
        self._encoded: bytes | None = None
        self._bare: bytes | None = None

    @property
    def body(self) -> Json:
        """The object; not to be changed."""
        return _DECODE(self.encoded) if self._body is None else self._body

    def pack(self) -> None:
        """Keep only the JSON: the log's records of the past would take four times the memory otherwise."""
        self._encoded = self.encoded
        self._body = self._bare = None

    @property
    def bare(self) -> bytes:
        """The object as JSON without apiVersion and kind, as lists of built-in kinds hold it."""
        if self._bare is None:
            self._bare = msgspec.json.encode({k: v for k, v in self.body.items() if k not in ("apiVersion", "kind")})
        return self._bare

    @property
    def encoded(self) -> bytes:
        """The object as JSON."""
        if self._encoded is None:
            self._encoded = msgspec.json.encode(self._body)
        return self._encoded


class Event:
    """One entry of the log: what was there before, and after (None where it was deleted)."""

    __slots__ = ("deleted", "frames", "new", "old", "revision")

    def __init__(self, revision: int, old: Record | None, new: Record | None, deleted: Record | None) -> None:
        self.revision = revision
        self.old = old
        self.new = new
        self.deleted = deleted
        self.frames: dict[str, bytes] = {}

    @property
    def record(self) -> Record:
        """The record that says where this happened."""
        found = self.new or self.old
        assert found is not None
        return found


class Shelf:
    """The objects of one bucket, in key order."""

    __slots__ = ("keys", "records")

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.records: dict[str, Record] = {}

    def put(self, record: Record) -> None:
        """Keep a record under its key."""
        if record.key not in self.records:
            insort(self.keys, record.key)
        self.records[record.key] = record

    def drop(self, key: str) -> None:
        """Forget a key."""
        if self.records.pop(key, None) is not None:
            del self.keys[bisect_left(self.keys, key)]

    def scan(self, prefix: str = "", after: str = "") -> Iterator[Record]:
        """Return the records whose key begins with `prefix` and comes after `after`, in key order."""
        start = bisect_left(self.keys, max(prefix, after))
        if after and start < len(self.keys) and self.keys[start] == after:
            start += 1
        end = bisect_left(self.keys, prefix + "\U0010ffff") if prefix else len(self.keys)
        return (self.records[key] for key in self.keys[start:end])


class Store:
    """Every object, and everything that happened to them since the log was last cut."""

    def __init__(self, journal: Journal | None = None, log_limit: int = LOG_LIMIT) -> None:
        self.log_limit = log_limit
        self.revision = 1
        self.compacted = 0
        self.watched_from = 0
        self.log: deque[Event] = deque()
        self.by_uid: dict[str, Record] = {}
        self.listeners: list[Callable[[Event], None]] = []
        self._shelves: dict[Bucket, Shelf] = {}
        self._journal = journal
        if journal is not None:
            self._load(journal)

    def _load(self, journal: Journal) -> None:
        state = journal.load()
        self.revision = max(self.revision, state.revision)
        for (group, plural, key), (body, revision) in state.objects.items():
            record = Record((group, plural), key, body, revision)
            self._shelf(record.bucket).put(record)
            self.by_uid[record.uid] = record
        self.compacted = self.watched_from = self.revision

    def _shelf(self, bucket: Bucket) -> Shelf:
        return self._shelves.setdefault(bucket, Shelf())

    def buckets(self) -> list[Bucket]:
        """Return the buckets that hold, or have held, something."""
        return list(self._shelves)

    def get(self, bucket: Bucket, key: str) -> Record | None:
        """Return the record under a key."""
        shelf = self._shelves.get(bucket)
        return shelf.records.get(key) if shelf else None

    def scan(self, bucket: Bucket, prefix: str = "", after: str = "") -> Iterator[Record]:
        """Return the records of a bucket in key order."""
        shelf = self._shelves.get(bucket)
        return shelf.scan(prefix, after) if shelf else iter(())

    def count(self, bucket: Bucket, prefix: str = "") -> int:
        """Return how many keys begin with `prefix`."""
        shelf = self._shelves.get(bucket)
        if shelf is None:
            return 0
        if not prefix:
            return len(shelf.keys)
        return bisect_left(shelf.keys, prefix + "\U0010ffff") - bisect_left(shelf.keys, prefix)

    def put(self, bucket: Bucket, key: str, body: Json) -> Record:
        """Write an object at a new revision; sets its resourceVersion."""
        revision = self.revision + 1
        body["metadata"]["resourceVersion"] = str(revision)
        record = Record(bucket, key, body, revision)
        if self._journal is not None:
            self._journal.wrote(revision, bucket, key, record.encoded)
        self.revision = revision
        old = self.get(bucket, key)
        self._shelf(bucket).put(record)
        self.by_uid[record.uid] = record
        self._happened(Event(revision, old, record, None))
        return record

    def delete(self, record: Record) -> Record:
        """Remove an object at a new revision; returns it as its watchers see it last."""
        revision = self.revision + 1
        if self._journal is not None:
            self._journal.deleted(revision, record.bucket, record.key)
        self.revision = revision
        self._shelf(record.bucket).drop(record.key)
        self.by_uid.pop(record.uid, None)
        body = record.body
        last = {**body, "metadata": {**body["metadata"], "resourceVersion": str(revision)}}
        gone = Record(record.bucket, record.key, last, revision)
        self._happened(Event(revision, record, None, gone))
        return gone

    def _happened(self, event: Event) -> None:
        self.log.append(event)
        if len(self.log) > self.log_limit:
            self.compacted = self.log.popleft().revision
        for listener in self.listeners:
            listener(event)
        if event.old is not None:
            event.old.pack()
        if len(self.log) > _FRAMES_KEPT:
            self.log[-_FRAMES_KEPT].frames.clear()

    def compact(self) -> None:
        """Forget the whole log, so that every earlier revision is expired."""
        self.log.clear()
        self.compacted = self.revision

    def since(self, bucket: Bucket, revision: int) -> list[Event]:
        """Return what happened in a bucket after a revision that is not compacted."""
        recent: list[Event] = []
        for event in reversed(self.log):
            if event.revision <= revision:
                break
            if event.record.bucket == bucket:
                recent.append(event)
        recent.reverse()
        return recent

    def at(self, bucket: Bucket, revision: int, prefix: str = "", after: str = "") -> Iterator[Record]:
        """Return the records of a bucket as they were at a revision that is not compacted."""
        events = self.since(bucket, revision)
        if not events:
            return self.scan(bucket, prefix, after)
        past = Shelf()
        shelf = self._shelf(bucket)
        past.keys, past.records = list(shelf.keys), dict(shelf.records)
        for event in reversed(events):
            if event.old is None:
                past.drop(event.record.key)
            else:
                past.put(event.old)
        return past.scan(prefix, after)

    def close(self) -> None:
        """Close the file."""
        if self._journal is not None:
            self._journal.close()


def page(records: Iterator[Record], limit: int) -> tuple[list[Record], int]:
    """Take `limit` records (0: all) and count what is left."""
    if limit <= 0:
        return list(records), 0
    taken = list(islice(records, limit))
    return taken, sum(1 for _ in records)
