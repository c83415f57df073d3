"""Exchanges recorded from a real Cinder, and whether an answer has the same shape."""

from __future__ import annotations

import json
from typing import Any

from tests.shared_material import shared

Json = dict[str, Any]


def answer(name: str) -> Json:
    """Return the recorded response of that name: {status, headers, body}."""
    return json.loads(shared(f"recordings/openstack/cinder-{name}.json").read_text())["response"]


def differences(recorded: Any, ours: Any, path: str = "") -> list[str]:
    """List where ours has other keys or JSON types; null fits everything, as it is a value that is absent."""
    if recorded is None or ours is None:
        return []
    if isinstance(recorded, dict) and isinstance(ours, dict):
        odd = [f"{path}.{key}" for key in recorded.keys() ^ ours.keys()]
        both = recorded.keys() & ours.keys()
        return odd + [one for key in both for one in differences(recorded[key], ours[key], f"{path}.{key}")]
    if isinstance(recorded, list) and isinstance(ours, list):
        return differences(recorded[0], ours[0], f"{path}[0]") if recorded and ours else []
    same = type(recorded) is type(ours) or {type(recorded), type(ours)} == {int, float}
    return [] if same else [f"{path}: {type(recorded).__name__} is {type(ours).__name__}"]


def assert_like(name: str, response: Any, *, ignore: tuple[str, ...] = ()) -> None:
    """Require the recorded status and the shape of the recorded body; `ignore` names parts that hold free keys."""
    recorded = answer(name)
    assert response.status_code == recorded["status"], response.text
    body = response.json() if response.content else None
    found = [one for one in differences(recorded["body"], body) if not any(part in one for part in ignore)]
    assert not found, f"{name}: {found}"


def assert_same(name: str, response: Any) -> None:
    """Require the recorded status and body."""
    recorded = answer(name)
    assert (response.status_code, response.json()) == (recorded["status"], recorded["body"])
