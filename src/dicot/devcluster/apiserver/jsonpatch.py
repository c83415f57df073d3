"""RFC 6902 and RFC 7396 on decoded JSON, with the leniency of the Go library that kube-apiserver uses. Pure."""

import copy
from typing import Any

import msgspec

Json = dict[str, Any]


class CannotApply(Exception):
    """An operation does not fit the document."""


def merge(target: Any, patch: Any) -> Any:
    """Apply a JSON merge patch; neither argument is changed."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = merge(merged.get(key), value)
    return merged


def apply(document: Any, operations: list[Json]) -> Any:
    """Apply a JSON patch; the document is not changed."""
    result = msgspec.json.decode(msgspec.json.encode(document))
    for operation in operations:
        result = _step(result, operation)
    return result


def _step(document: Any, operation: Json) -> Any:
    name, path = operation.get("op"), _pointer(operation.get("path"))
    if name in ("add", "replace", "test"):
        value = copy.deepcopy(operation.get("value"))
        if name == "test":
            return _tested(document, path, value)
        return _added(document, path, value, replace=name == "replace")
    if name == "remove":
        return _removed(document, path)
    if name in ("move", "copy"):
        source = _pointer(operation.get("from"))
        value = copy.deepcopy(_lookup(document, source))
        rest = _removed(document, source) if name == "move" else document
        return _added(rest, path, value, replace=False)
    raise CannotApply(f"unexpected kind: {name}")


def _pointer(text: Any) -> list[str]:
    if not isinstance(text, str) or (text and not text.startswith("/")):
        raise CannotApply(f"not a JSON pointer: {text!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:]]


def _lookup(document: Any, path: list[str]) -> Any:
    value = document
    for part in path:
        value = _child(value, part)
    return value


def _child(holder: Any, part: str) -> Any:
    if isinstance(holder, dict) and part in holder:
        return holder[part]
    if isinstance(holder, list):
        return holder[_index(holder, part, len(holder) - 1)]
    raise CannotApply(f"missing value: {part}")


def _index(holder: list[Any], part: str, last: int) -> int:
    if not part.lstrip("-").isdigit() or not -len(holder) <= int(part) <= last:
        raise CannotApply(f"no such index: {part}")
    return int(part)


def _tested(document: Any, path: list[str], value: Any) -> Any:
    try:
        found = _lookup(document, path)
    except CannotApply:
        found = None
    if found != value:
        raise CannotApply("test failed")
    return document


def _added(document: Any, path: list[str], value: Any, *, replace: bool) -> Any:
    if not path:
        return value
    holder, part = _lookup(document, path[:-1]), path[-1]
    if isinstance(holder, dict):
        holder[part] = value
    elif isinstance(holder, list) and replace:
        holder[_index(holder, part, len(holder) - 1)] = value
    elif isinstance(holder, list):
        holder.insert(len(holder) if part == "-" else _index(holder, part, len(holder)), value)
    else:
        raise CannotApply("the parent is neither an object nor a list")
    return document


def _removed(document: Any, path: list[str]) -> Any:
    if not path:
        raise CannotApply("the whole document cannot be removed")
    holder, part = _lookup(document, path[:-1]), path[-1]
    _child(holder, part)
    del holder[_index(holder, part, len(holder) - 1) if isinstance(holder, list) else part]
    return document
