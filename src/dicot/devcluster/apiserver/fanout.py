"""Hands each event of the store to the watches that wait for it. Encodes nothing: that is each watch's own work."""

import asyncio
from collections import deque

from dicot.devcluster.apiserver.store import Bucket, Event, Store

BACKLOG_LIMIT = 20_000


class Watch:
    """One open watch: what has happened since it last looked."""

    def __init__(self, bucket: Bucket, prefix: str, *, bookmarks: bool) -> None:
        self.bucket = bucket
        self.prefix = prefix
        self.bookmarks = bookmarks
        self.backlog: deque[Event | int] = deque()
        self.woken = asyncio.Event()
        self.ended = False

    def push(self, event: Event) -> None:
        """Take an event; a watch that reads too slowly is ended, as kube-apiserver does."""
        if not event.record.key.startswith(self.prefix):
            return
        if len(self.backlog) >= BACKLOG_LIMIT:
            self.end()
            return
        self.backlog.append(event)
        self.woken.set()

    def bookmark(self, revision: int) -> None:
        """Take a bookmark."""
        self.backlog.append(revision)
        self.woken.set()

    def end(self) -> None:
        """End the watch after what it has already taken."""
        self.ended = True
        self.woken.set()


class Fanout:
    """All open watches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._watches: dict[Bucket, set[Watch]] = {}
        store.listeners.append(self._happened)

    def _happened(self, event: Event) -> None:
        for watch in self._watches.get(event.record.bucket, ()):
            watch.push(event)

    def open(self, watch: Watch) -> None:
        """Let a watch take part."""
        self._watches.setdefault(watch.bucket, set()).add(watch)

    def close(self, watch: Watch) -> None:
        """Let a watch go."""
        self._watches.get(watch.bucket, set()).discard(watch)

    @property
    def count(self) -> int:
        """How many watches are open."""
        return sum(len(watches) for watches in self._watches.values())

    def _all(self) -> list[Watch]:
        return [watch for watches in self._watches.values() for watch in watches]

    def drop_all(self) -> int:
        """End every watch; returns how many there were."""
        watches = self._all()
        for watch in watches:
            watch.end()
        return len(watches)

    def end_bucket(self, bucket: Bucket) -> None:
        """End the watches of a resource that is no longer served."""
        for watch in list(self._watches.get(bucket, ())):
            watch.end()

    def bookmark_all(self) -> None:
        """Send a bookmark to the watches that asked for them."""
        for watch in self._all():
            if watch.bookmarks:
                watch.bookmark(self._store.revision)
