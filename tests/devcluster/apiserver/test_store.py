"""The store against a simple model, and its file: what was acknowledged is there after any end."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store, page

Json = dict[str, Any]
BUCKET = ("example.com", "widgets")
OBJECTS, KILLS, OPENING_S = 2000, 4, 0.2
KEYS = [f"{namespace}/{name}" for namespace in ("a", "a-b", "b") for name in ("x", "y", "z")]


def body(key: str, value: int) -> Json:
    return {"metadata": {"name": key, "uid": f"uid-{key}"}, "value": value}


class StoreMachine(RuleBasedStateMachine):
    """Writes and deletions in any order; every earlier revision that is not compacted can still be read."""

    def __init__(self) -> None:
        super().__init__()
        self.store = Store()
        self.model: dict[str, int] = {}
        self.history: dict[int, dict[str, int]] = {self.store.revision: {}}

    @rule(key=st.sampled_from(KEYS), value=st.integers(0, 9))
    def put(self, key: str, value: int) -> None:
        self.store.put(BUCKET, key, body(key, value))
        self.model[key] = value
        self.history[self.store.revision] = dict(self.model)

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.model)))
        record = self.store.get(BUCKET, key)
        assert record is not None
        self.store.delete(record)
        del self.model[key]
        self.history[self.store.revision] = dict(self.model)

    @rule()
    def compact(self) -> None:
        self.store.compact()
        self.history = {self.store.revision: dict(self.model)}

    @invariant()
    def every_revision_can_be_read(self) -> None:
        for revision, expected in self.history.items():
            found = {record.key: record.body["value"] for record in self.store.at(BUCKET, revision)}
            assert found == expected
            assert list(found) == sorted(found)

    @invariant()
    def namespaces_and_pages_see_the_same(self) -> None:
        inside = [key for key in sorted(self.model) if key.startswith("a/")]
        assert [record.key for record in self.store.scan(BUCKET, "a/")] == inside
        assert self.store.count(BUCKET, "a/") == len(inside)
        taken, left = page(self.store.scan(BUCKET), 2)
        after = taken[-1].key if taken else ""
        rest = [record.key for record in self.store.scan(BUCKET, "", after)] if taken else []
        assert [record.key for record in taken] + rest == sorted(self.model)
        assert left == len(rest)


TestStore = StoreMachine.TestCase


def test_a_reopened_store_has_every_object_at_its_revision(tmp_path: Path) -> None:
    first = Store(Journal(tmp_path / "objects.jsonl"))
    for value in range(3):
        first.put(BUCKET, "a/x", body("a/x", value))
    gone = first.put(BUCKET, "a/y", body("a/y", 1))
    first.delete(gone)
    first.close()
    for _ in range(2):
        again = Store(Journal(tmp_path / "objects.jsonl"))
        assert [(r.key, r.body["value"], r.revision) for r in again.scan(BUCKET)] == [("a/x", 2, 4)]
        assert again.revision == 6
        again.close()


@pytest.mark.parametrize("cut", [1, 5, 40])
def test_a_last_line_cut_short_is_dropped(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "objects.jsonl"
    first = Store(Journal(path))
    first.put(BUCKET, "a/x", body("a/x", 1))
    first.put(BUCKET, "a/x", body("a/x", 2))
    first.close()
    path.write_bytes(path.read_bytes()[:-cut])
    again = Store(Journal(path))
    assert [r.body["value"] for r in again.scan(BUCKET)] == [1]
    again.close()


def test_damage_elsewhere_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    path.write_bytes(b'{"r":1}\n{"r":2,"g":\n{"r":3}\n')
    with pytest.raises(ValueError, match="line 2 is damaged"):
        Store(Journal(path))


def test_a_kill_while_the_file_is_rewritten_leaves_the_old_one_or_the_new(tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    first = Store(Journal(path))
    for number in range(OBJECTS):
        first.put(BUCKET, f"a/{number:05}", {**body(f"a/{number:05}", number), "padding": "x" * 2000})
    first.delete(first.put(BUCKET, "a/gone", body("a/gone", 0)))
    first.close()
    for _ in range(KILLS):
        opener = subprocess.Popen([sys.executable, "-c", _OPENER, str(path)], stdout=subprocess.PIPE)
        assert opener.stdout is not None
        with opener.stdout as out:
            assert out.readline() == b"opening\n"
            with pytest.raises(subprocess.TimeoutExpired):
                opener.wait(timeout=random.uniform(0, OPENING_S))
            opener.kill()
            opener.wait(timeout=10)
    again = Store(Journal(path))
    assert [record.body["value"] for record in again.scan(BUCKET)] == list(range(OBJECTS))
    assert again.revision == first.revision
    again.close()


_OPENER = """
import sys
from pathlib import Path
from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store
print("opening", flush=True)
while True:
    Store(Journal(Path(sys.argv[1]))).close()
"""
_WRITER = """
import sys
from pathlib import Path
from dicot.devcluster.apiserver.journal import Journal
from dicot.devcluster.apiserver.store import Store
store = Store(Journal(Path(sys.argv[1])))
value = 0
while True:
    value += 1
    store.put(("g", "things"), "x", {"metadata": {"name": "x", "uid": "u"}, "value": value})
    print(value, flush=True)
"""


def test_every_acknowledged_write_survives_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "objects.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    with writer.stdout as lines:
        for _ in range(200):
            last = int(lines.readline())
        os.kill(writer.pid, signal.SIGKILL)
        writer.wait(timeout=10)
    again = Store(Journal(path))
    record = again.get(("g", "things"), "x")
    assert record is not None
    assert record.body["value"] >= last
    again.close()
