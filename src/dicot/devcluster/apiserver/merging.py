"""Merging an applied configuration into an object, and taking single fields out of one. Pure; nothing is shared."""

import copy
from typing import Any

import msgspec

from dicot.devcluster.apiserver.fields import Path
from dicot.devcluster.apiserver.layout import Layout, item_key

Json = dict[str, Any]


def merged(live: Any, config: Any, layout: Layout) -> Any:
    """Return the live value with a configuration laid over it."""
    if isinstance(live, dict) and isinstance(config, dict) and not layout.atomic:
        result = dict(live)
        for key, value in config.items():
            result[key] = merged(live.get(key), value, layout.child(key))
        return result
    keys = layout.keys() if isinstance(live, list) and isinstance(config, list) else None
    if keys is None:
        return copy.deepcopy(config)
    return _merged_list(live, config, layout, keys)


def _merged_list(live: list[Any], config: list[Any], layout: Layout, keys: tuple[str, ...]) -> list[Any]:
    result = {item_key(item, keys): item for item in live}
    for item in config:
        key = item_key(item, keys)
        result[key] = merged(result.get(key), item, layout.item())
    return list(result.values())


def remove(body: Any, path: Path, layout: Layout) -> None:
    """Take one field, or one item of a list, out of a body in place."""
    for part in path[:-1]:
        body, layout = _step(body, part, layout)
        if body is None:
            return
    last = path[-1]
    if last.startswith("f:"):
        if isinstance(body, dict):
            body.pop(last[2:], None)
        return
    keys = layout.keys() or ()
    if isinstance(body, list):
        body[:] = [item for item in body if item_key(item, keys) != last]


def _step(body: Any, part: str, layout: Layout) -> tuple[Any, Layout]:
    if part.startswith("f:"):
        return (body.get(part[2:]) if isinstance(body, dict) else None), layout.child(part[2:])
    keys = layout.keys() or ()
    found = (item for item in body if item_key(item, keys) == part) if isinstance(body, list) else iter(())
    return next(found, None), layout.item()


def fresh(body: Json) -> Json:
    """Return a copy that shares nothing."""
    return msgspec.json.decode(msgspec.json.encode(body))
