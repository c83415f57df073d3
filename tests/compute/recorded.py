"""What a real Nova answered, and whether another answer has the same shape."""

from __future__ import annotations

import json
from typing import Any

import httpx2

from tests.shared_material import shared

Json = dict[str, Any]


def recorded(name: str) -> Json:
    """Return a recorded exchange by the start of its file name: `nova-047`."""
    folder = shared("recordings/openstack")
    (path,) = folder.glob(f"{name}-*.json")
    return json.loads(path.read_text())


def answer(name: str) -> Any:
    """Return the body of a recorded answer."""
    return recorded(name)["response"]["body"]


def shape(value: Any) -> Any:
    """Reduce a body to its keys and types; of a list, to the shape of its first item."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in sorted(value.items())}
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


def message(response: httpx2.Response) -> str:
    """Return what a fault says, after a look at its envelope."""
    (fault,) = response.json().values()
    assert fault["code"] == response.status_code
    return fault["message"]
