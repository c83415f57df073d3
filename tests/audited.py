"""Audit events of the cluster that the tests stand on, whichever it is, while a test listens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from dicot.devcluster.apiserver import audit
from dicot.development import Development
from tests.real_kube.cluster import KubeCluster

Json = dict[str, Any]


class Heard(Sequence[Json]):
    """What has been heard by the time that one looks."""

    def __init__(self, development: Development) -> None:
        self._cluster = development.cluster
        self._events: list[Json] = []
        self._read_on()

    def note(self, event: Json) -> None:
        """Take an event."""
        self._events.append(event)

    def _read_on(self) -> None:
        if isinstance(self._cluster, KubeCluster):
            self._cluster.audit.tell()

    def __len__(self) -> int:
        self._read_on()
        return len(self._events)

    def __getitem__(self, index: Any) -> Any:
        self._read_on()
        return self._events[index]


@contextmanager
def listening(development: Development) -> Iterator[Heard]:
    """Hear the audit events from now on."""
    heard = Heard(development)
    audit.LISTENERS.append(heard.note)
    try:
        yield heard
    finally:
        audit.LISTENERS.remove(heard.note)
