"""The comparison itself: what it finds, what it takes for the same, and that a list of differences is held to."""

from __future__ import annotations

import pytest

from tests.recordings.compare import shapes
from tests.recordings.differences import Listed
from tests.recordings.exchanges import Words

OLD, NEW = "c5ae25e0623340d8ad3d14574be5e862", "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("recorded", "ours", "found"),
    [
        ({"a": 1, "b": "x"}, {"a": 2.5, "b": "y"}, []),
        ({"a": 1}, {"a": "1"}, [".a: str, recorded number"]),
        ({"a": None}, {"a": "1"}, [".a: str, recorded NoneType"]),
        ({"a": True}, {"a": 1}, [".a: number, recorded bool"]),
        ({"a": 1}, {"b": 1}, [".a: absent", ".b: added"]),
        ({"status": "BUILD"}, {"status": "ACTIVE"}, [".status: 'ACTIVE', recorded 'BUILD'"]),
        ({"l": [{"a": 1}]}, {"l": []}, [".l: empty"]),
        ({"l": []}, {"l": [{"a": 1}]}, [".l: not empty"]),
        ({"l": [{"name": "x", "a": 1}]}, {"l": [{"name": "y"}, {"name": "x", "a": 1}]}, []),
        ({"l": [{"id": OLD, "a": 1}]}, {"l": [{"id": "other"}, {"id": NEW}]}, [".l[].a: absent"]),
    ],
)
def test_shapes(recorded: object, ours: object, found: list[str]) -> None:
    assert list(shapes(recorded, ours, Words({OLD: NEW}), "")) == found


def test_ids_are_learnt_once() -> None:
    words = Words({})
    words.learn({"id": OLD, "links": [{"href": f"http://a/{OLD}"}]}, {"id": NEW, "links": [{"href": "http://b/"}]})
    words.learn({"id": OLD}, {"id": "f" * 32})
    assert words.told(f"/v3/{OLD}/volumes") == f"/v3/{NEW}/volumes"


def test_what_is_listed_must_be_found() -> None:
    listed = Listed("why", ".*.a: absent", ("show-*", "list"))
    assert listed.covers("show-one", ".server.a: absent")
    assert not listed.covers("create", ".server.a: absent")
    assert listed.unused([("show-one", ".server.a: absent")]) == ["list: .*.a: absent"]
    assert listed._replace(sometimes=True).unused([]) == []
