"""Puts what one kube-apiserver keeps back to how it was, in etcd: it and its clients see that as they see any write."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any

from tests.real_kube.processes import Etcd

CALM_S = 1.0
"""So long nothing may be written before all is taken to be at rest."""
_LONGEST_S = 60.0
_LOOK_S = 0.05
_OPERATIONS = 100
"""Fewer than etcd takes in one transaction."""


class Mark:
    """How everything under a prefix was at one time."""

    def __init__(self, etcd: Etcd, prefix: str) -> None:
        """Wait until nothing is written any more, and remember everything."""
        self._etcd = etcd
        self._range = {"key": _text(prefix + "/"), "range_end": _text(prefix + "0")}
        self._at_rest()
        found = self._kvs()
        self._values: dict[str, str] = {one["key"]: one.get("value", "") for one in found}
        self._versions = {one["key"]: one["mod_revision"] for one in found}

    def _at_rest(self) -> None:
        deadline = time.monotonic() + _LONGEST_S
        last, since = self._etcd.revision(), time.monotonic()
        while time.monotonic() - since < CALM_S and time.monotonic() < deadline:
            time.sleep(_LOOK_S)
            if (now := self._etcd.revision()) != last:
                last, since = now, time.monotonic()

    def _kvs(self, **options: Any) -> list[dict[str, str]]:
        found: list[dict[str, str]] = self._etcd.ask("range", {**self._range, **options}).get("kvs", [])
        return found

    def restore(self) -> None:
        """Undo every write since, until none follows: what watches may still answer to the last ones."""
        deadline = time.monotonic() + _LONGEST_S
        while self._undo():
            assert time.monotonic() < deadline, "objects are still written to after a test's end"
            time.sleep(_LOOK_S)

    def _undo(self) -> bool:
        """Undo what is found; tells whether there was anything."""
        now = {one["key"]: one["mod_revision"] for one in self._kvs(keys_only=True)}
        gone = [{"request_delete_range": {"key": key}} for key in now.keys() - self._values.keys()]
        changed = [key for key, version in self._versions.items() if now.get(key) != version]
        puts = [{"request_put": {"key": key, "value": self._values[key]}} for key in changed]
        for operations in _batches(gone + puts):
            revision = self._etcd.ask("txn", {"success": operations})["header"]["revision"]
            put = [one["request_put"]["key"] for one in operations if "request_put" in one]
            self._versions.update(dict.fromkeys(put, revision))
        return bool(gone or puts)


def _batches(all_of_them: list[Any]) -> Iterator[list[Any]]:
    return (all_of_them[start : start + _OPERATIONS] for start in range(0, len(all_of_them), _OPERATIONS))


def _text(plain: str) -> str:
    return base64.b64encode(plain.encode()).decode()
