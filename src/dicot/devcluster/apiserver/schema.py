"""Structural schemas of custom resources: prune, default, validate. Pure; works on decoded JSON in place.

The subset: type, required, enum, pattern, minimum, maximum, lengths, item counts, items, properties,
additionalProperties, nullable, default, preserve-unknown-fields, int-or-string, embedded resources, list types.
Rules in CEL (x-kubernetes-validations) are `rules`' matter.
"""

import copy
import re
from functools import lru_cache
from typing import Any

from dicot.devcluster.apiserver.status import (
    Cause,
    invalid_value,
    required,
    shown_value,
    unsupported_value,
)
from dicot.devcluster.apiserver.structural import CONTAINERS, Node

Json = dict[str, Any]
_ROOT = ("apiVersion", "kind", "metadata")


def prune(node: Node, value: Any, path: str = "", *, root: bool = True) -> list[str]:
    """Remove fields that the schema does not know; returns their paths, sorted."""
    unknown: list[str] = []
    _prune(node, value, path, root, unknown)
    return sorted(unknown)


def _prune(node: Node, value: Any, path: str, root: bool, unknown: list[str]) -> None:
    if isinstance(value, dict):
        embedded = root or node.embedded
        for key in list(value):
            if embedded and key in _ROOT:
                continue
            child = node.of(key) or node.extra
            if child is None:
                if not node.keeps:
                    unknown.append(_join(path, key))
                    del value[key]
            elif type(value[key]) in CONTAINERS:
                _prune(child, value[key], _join(path, key), False, unknown)
    elif isinstance(value, list) and node.items is not None:
        for index, item in enumerate(value):
            if type(item) in CONTAINERS:
                _prune(node.items, item, f"{path}[{index}]", False, unknown)


def default(node: Node, value: Any) -> None:
    """Fill in defaults; a null in a field that is not nullable counts as absent."""
    if isinstance(value, dict):
        _default_fields(node, value)
    elif isinstance(value, list) and node.items is not None:
        for item in value:
            default(node.items, item)


def _default_fields(node: Node, value: Json) -> None:
    for key in [key for key, inner in value.items() if inner is None]:
        child = node.of(key)
        if child is not None and not child.nullable:
            del value[key]
    for key in node.defaulted:
        if key not in value:
            value[key] = copy.deepcopy(node.properties[key]["default"])
    for key, inner in value.items():
        if type(inner) in CONTAINERS:
            child = node.of(key) or node.extra
            if child is not None:
                default(child, inner)


def validate(node: Node, value: Any, replicas_path: str = "") -> list[Cause]:
    """Return what is wrong with an object; first what the schema says of it, then duplicates in sets and maps.

    `replicas_path` is where the scale subresource reads its number ("": there is none).
    """
    found: list[Cause] = []
    _validate(node, value, "", found)
    unread = any(
        cause.reason in ("FieldValueRequired", "FieldValueTypeInvalid", "FieldValueTooMany") for cause in found
    )
    if replicas_path:
        found += replicas_causes(replicas_path, value)
    _duplicates(node, value, "", found)
    return [*found, *unchecked()] if unread and node.ruled else found


def unchecked() -> list[Cause]:
    """Return the cause that says that rules in CEL were not looked at."""
    why = "some validation rules were not checked because the object was invalid; correct the existing errors to"
    return [invalid_value("<nil>", None, f"{why} complete validation")]


def _validate(node: Node, value: Any, path: str, found: list[Cause]) -> None:
    if value is None and node.nullable:
        return
    schema = node.schema
    if not node.fits(value):
        actual = json_type(value)
        wanted = schema.get("type", "")
        text = f'Invalid value: "{actual}": {path} in body must be of type {wanted}: "{actual}"'
        found.append(Cause("FieldValueTypeInvalid", text, path or "<nil>"))
        if wanted == "integer" and actual == "number":
            text = f'Invalid value: "": Checked value must be of type integer (default format) in {path}'
            found.append(Cause("FieldValueInvalid", text, "<nil>"))
        return
    if isinstance(value, dict):
        _validate_object(node, value, path, found)
    elif isinstance(value, list):
        _validate_list(node, value, path, found)
    elif isinstance(value, str):
        _validate_string(schema, value, path, found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _validate_number(schema, value, path, found)
    if "enum" in schema and value not in schema["enum"]:
        found.append(unsupported_value(path, value, [str(item) for item in schema["enum"]]))


def json_type(value: Any) -> str:
    """Name a value's JSON type."""
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _validate_object(node: Node, value: Json, path: str, found: list[Cause]) -> None:
    found += [required(_join(path, key)) for key in node.required if key not in value]
    for key, inner in value.items():
        child = node.of(key) or node.extra
        # Most values are plain and fit: nothing more is to be said of those, and their path is not worth spelling.
        if child is None or (child.unlimited and type(inner) not in CONTAINERS and child.fits(inner)):
            continue
        if not (path == "" and key == "metadata"):
            _validate(child, inner, _join(path, key), found)
    limit = node.schema.get("maxProperties")
    if limit is not None and len(value) > limit:
        found.append(Cause("FieldValueTooMany", f"Too many: {len(value)}: must have at most {limit} items", path))


def _validate_list(node: Node, value: list[Any], path: str, found: list[Cause]) -> None:
    if node.items is not None:
        for index, item in enumerate(value):
            _validate(node.items, item, f"{path}[{index}]", found)
    most, least = node.schema.get("maxItems"), node.schema.get("minItems")
    if most is not None and len(value) > most:
        found.append(Cause("FieldValueTooMany", f"Too many: {len(value)}: must have at most {most} items", path))
    if least is not None and len(value) < least:
        found.append(invalid_value(path, len(value), f"{path} in body should have at least {least} items"))


def _validate_string(schema: Json, value: str, path: str, found: list[Cause]) -> None:
    most, least = schema.get("maxLength"), schema.get("minLength")
    if most is not None and len(value) > most:
        found.append(Cause("FieldValueTooLong", f"Too long: may not be more than {most} bytes", path))
    if least is not None and len(value) < least:
        found.append(invalid_value(path, value, f"{path} in body should be at least {least} chars long"))
    pattern = schema.get("pattern")
    if pattern and not _compiled(pattern).search(value):
        found.append(invalid_value(path, value, f"{path} in body should match '{pattern}'"))


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _validate_number(schema: Json, value: float, path: str, found: list[Cause]) -> None:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is not None and (value > most or (schema.get("exclusiveMaximum") and value == most)):
        than = "less than" if schema.get("exclusiveMaximum") else "less than or equal to"
        found.append(invalid_value(path, value, f"{path} in body should be {than} {most}"))
    if least is not None and (value < least or (schema.get("exclusiveMinimum") and value == least)):
        than = "greater than" if schema.get("exclusiveMinimum") else "greater than or equal to"
        found.append(invalid_value(path, value, f"{path} in body should be {than} {least}"))


def _duplicates(node: Node, value: Any, path: str, found: list[Cause]) -> None:
    if isinstance(value, dict):
        inside = [key for key, inner in value.items() if type(inner) in CONTAINERS]
        for key in sorted(inside):
            child = node.of(key)
            if child is not None:
                _duplicates(child, value[key], _join(path, key), found)
    elif isinstance(value, list):
        _duplicate_items(node, value, path, found)


def _duplicate_items(node: Node, value: list[Any], path: str, found: list[Cause]) -> None:
    kind = node.schema.get("x-kubernetes-list-type")
    if kind in ("map", "set"):
        _repeated(kind, node.schema.get("x-kubernetes-list-map-keys") or [], value, path, found)
    if node.items is not None:
        for index, item in enumerate(value):
            if type(item) in CONTAINERS:
                _duplicates(node.items, item, f"{path}[{index}]", found)


def _repeated(kind: str, keys: list[str], value: list[Any], path: str, found: list[Cause]) -> None:
    seen: set[str] = set()
    for index, item in enumerate(value):
        if kind == "map" and isinstance(item, dict):
            if any(key not in item for key in keys):
                continue
            shown = shown_value({key: item[key] for key in keys})
        elif kind == "set":
            shown = shown_value(item)
        else:
            return
        if shown in seen:
            found.append(Cause("FieldValueDuplicate", f"Duplicate value: {shown}", f"{path}[{index}]"))
        seen.add(shown)


def replicas_causes(path: str, body: Json) -> list[Cause]:
    """Return what is wrong with the number that a custom resource's scale is read from."""
    value: Any = body
    for part in path.lstrip(".").split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return []
    if isinstance(value, bool) or not isinstance(value, int):
        go = {"str": "string", "float": "float64", "bool": "bool"}.get(type(value).__name__, "interface {}")
        return [invalid_value(path, 0, f"{path} accessor error: {value} is of the type {go}, expected int64")]
    return [invalid_value(path, value, "should be a non-negative integer")] if value < 0 else []


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key
