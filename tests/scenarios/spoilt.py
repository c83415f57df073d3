"""Bad bodies, derived from a valid one."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.scenarios.bodies import Body

Json = dict[str, Any]

TOO_LONG = "x" * 300_000
"""Longer than any text that has a limit, and than all annotations of a Kubernetes object together."""
TOO_LARGE = 2 * 1024 * 1024
NOT_JSON = {
    "cut short": b'{"a": ',
    "not UTF-8": b'{"a": "\xff\xfe"}',
    "half a surrogate pair": b'{"a": "\\ud800"}',
    "XML": b"<a/>",
    "two values": b"{} {}",
    "deep": b"[" * 100_000,
    "deep and closed": b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    "less deep": b'{"a":' * 900 + b"1" + b"}" * 900,
}
NO_OBJECT = {"a list": [], "a text": "x", "a number": 3, "nothing": None, "true": True, "a list of objects": [{}]}


REFUSED = frozenset({400})
NOT_FOUND = frozenset({400, 401, 404})
TEXTS = {
    "a NUL": "a\0b",
    "a newline": "a\nb",
    "astral": "\N{PILE OF POO}\N{RIGHT-TO-LEFT OVERRIDE}",
    "blank": " ",
    "empty": "",
    "a path": "../../etc/passwd",
    "a selector": "a,b in (c)",
    "quotes": "\"'`;--",
    "a percent sign": "%s%d%%{0}{x}",
    "256 characters": "x" * 256,
}
NUMBERS = {
    "negative": -1,
    "none": 0,
    "over 32 bits": 2**31,
    "over 63 bits": 2**63,
    "over 64 bits": 2**64,
    "endless": 10**400,
    "a fraction": 1.5,
    "far too large": 1e308,
    "a text": "1",
    "no number": "NaN",
}


class Spoilt(msgspec.Struct, frozen=True):
    """One bad body: what is wrong with it, its bytes, and the statuses that may answer it."""

    what: str
    content: bytes
    statuses: frozenset[int] = REFUSED


def spoil(body: Body, valid: Any) -> Iterator[Spoilt]:
    """Derive every bad body from a valid one."""
    for what, content in NOT_JSON.items():
        yield Spoilt(what, content)
    yield Spoilt("too large", b" " * TOO_LARGE, frozenset({413}))
    if not body.optional:
        yield Spoilt("empty", b"")
    if not isinstance(valid, dict):
        return
    for what, value in NO_OBJECT.items():
        if value is not None or not body.null:
            yield _spoilt(what, value)
    if not body.optional:
        yield _spoilt("an empty object", {})
    for path, value in _nodes(valid):
        yield from _node(body, valid, path, value)


def odd(valid: Any) -> Iterator[Spoilt]:
    """Derive bodies with values at the edge of what may be, each of which may be taken or refused."""
    for path, value in _nodes(valid):
        spelt = "/".join(map(str, path))
        number = isinstance(value, int) and not isinstance(value, bool)
        values = TEXTS if isinstance(value, str) else NUMBERS if number else {}
        for what, other in values.items():
            yield _spoilt(f"{spelt} is {what}", _with(valid, path, other))
        if isinstance(value, dict) and value:
            for what, key in TEXTS.items():
                yield _spoilt(f"a key of {spelt} is {what}", _with(valid, path, {**value, key: "x"}))


def _node(body: Body, valid: Any, path: tuple[Any, ...], value: Any) -> Iterator[Spoilt]:
    key, spelt = path[-1], "/".join(map(str, path))
    if key in body.required and not any(isinstance(step, int) for step in path):
        yield _spoilt(f"without {spelt}", _without(valid, path))
    if key not in body.anything:
        yield _spoilt(f"{spelt} of a wrong type", _with(valid, path, _wrong(value)))
        if isinstance(value, str) and key not in body.long:
            yield _spoilt(
                f"{spelt} too long", _with(valid, path, TOO_LONG), NOT_FOUND if key in body.names else REFUSED
            )
    if isinstance(value, dict) and not body.extra and key not in body.anything and not _free(key):
        yield _spoilt(f"{spelt} with an unknown key", _with(valid, path, {**value, "no_such": 1}))
    if len(path) == 1 and isinstance(value, dict):
        for what, other in (("a list", []), ("a text", "x"), ("a number", 3), ("null", None)):
            if key not in body.anything and not (other is None and key in body.nullable):
                yield _spoilt(f"{spelt} is {what}", _with(valid, path, other))


def _free(key: Any) -> bool:
    return key in {"metadata", "meta"}


def _wrong(value: Any) -> Any:
    """Return what cannot stand for the value."""
    return 7 if isinstance(value, dict | list) else {"wrong": ["type"]}


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if path:
        yield path, value
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from _nodes(child, (*path, key))


def _with(valid: Any, path: tuple[Any, ...], value: Any) -> Any:
    made = copy.deepcopy(valid)
    _parent(made, path)[path[-1]] = value
    return made


def _without(valid: Any, path: tuple[Any, ...]) -> Any:
    made = copy.deepcopy(valid)
    del _parent(made, path)[path[-1]]
    return made


def _parent(value: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        value = value[step]
    return value


def _spoilt(what: str, value: Any, statuses: frozenset[int] = REFUSED) -> Spoilt:
    return Spoilt(what, json.dumps(value).encode(), statuses)
