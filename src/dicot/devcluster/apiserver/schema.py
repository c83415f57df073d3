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

Json = dict[str, Any]
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_INT_OR_STRING = "x-kubernetes-int-or-string"
_RULES = "x-kubernetes-validations"
_ROOT = ("apiVersion", "kind", "metadata")


def prune(schema: Json, value: Any, path: str = "", *, root: bool = True) -> list[str]:
    """Remove fields that the schema does not know; returns their paths, sorted."""
    unknown: list[str] = []
    _prune(schema, value, path, root, unknown)
    return sorted(unknown)


def _prune(schema: Json, value: Any, path: str, root: bool, unknown: list[str]) -> None:
    if isinstance(value, dict):
        properties: Json = schema.get("properties") or {}
        extra = schema.get("additionalProperties")
        embedded = root or schema.get("x-kubernetes-embedded-resource")
        keeps = schema.get(_PRESERVE) or extra is True
        for key in list(value):
            inner = f"{path}.{key}" if path else key
            if embedded and key in _ROOT:
                continue
            if key in properties:
                _prune(properties[key], value[key], inner, False, unknown)
            elif isinstance(extra, dict):
                _prune(extra, value[key], inner, False, unknown)
            elif not keeps:
                unknown.append(inner)
                del value[key]
    elif isinstance(value, list):
        items = schema.get("items")
        if isinstance(items, dict):
            for index, item in enumerate(value):
                _prune(items, item, f"{path}[{index}]", False, unknown)


def default(schema: Json, value: Any) -> None:
    """Fill in defaults; a null in a field that is not nullable counts as absent."""
    if isinstance(value, dict):
        properties: Json = schema.get("properties") or {}
        for key, inner in properties.items():
            _default_property(inner, value, key)
        extra = schema.get("additionalProperties")
        if isinstance(extra, dict):
            for key, inner_value in value.items():
                if key not in properties:
                    default(extra, inner_value)
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for item in value:
            default(schema["items"], item)


def _default_property(schema: Json, holder: Json, key: str) -> None:
    if key in holder and holder[key] is None and not schema.get("nullable"):
        del holder[key]
    if key not in holder and "default" in schema:
        holder[key] = copy.deepcopy(schema["default"])
    if key in holder:
        default(schema, holder[key])


def validate(schema: Json, value: Any, replicas_path: str = "") -> list[Cause]:
    """Return what is wrong with an object; first what the schema says of it, then duplicates in sets and maps.

    `replicas_path` is where the scale subresource reads its number ("": there is none).
    """
    found: list[Cause] = []
    _validate(schema, value, "", found)
    unread = any(
        cause.reason in ("FieldValueRequired", "FieldValueTypeInvalid", "FieldValueTooMany") for cause in found
    )
    if replicas_path:
        found += replicas_causes(replicas_path, value)
    _duplicates(schema, value, "", found)
    return [*found, *unchecked()] if unread and _has_rules(schema) else found


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_rules(one) for one in schema)
    return isinstance(schema, dict) and (_RULES in schema or any(_has_rules(one) for one in schema.values()))


def unchecked() -> list[Cause]:
    """Return the cause that says that rules in CEL were not looked at."""
    why = "some validation rules were not checked because the object was invalid; correct the existing errors to"
    return [invalid_value("<nil>", None, f"{why} complete validation")]


def _validate(schema: Json, value: Any, path: str, found: list[Cause]) -> None:
    if value is None and schema.get("nullable"):
        return
    if not _type_fits(schema, value):
        actual = json_type(value)
        wanted = schema.get("type", "")
        text = f'Invalid value: "{actual}": {path} in body must be of type {wanted}: "{actual}"'
        found.append(Cause("FieldValueTypeInvalid", text, path or "<nil>"))
        if wanted == "integer" and actual == "number":
            text = f'Invalid value: "": Checked value must be of type integer (default format) in {path}'
            found.append(Cause("FieldValueInvalid", text, "<nil>"))
        return
    if isinstance(value, dict):
        _validate_object(schema, value, path, found)
    elif isinstance(value, list):
        _validate_list(schema, value, path, found)
    elif isinstance(value, str):
        _validate_string(schema, value, path, found)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        _validate_number(schema, value, path, found)
    if "enum" in schema and value not in schema["enum"]:
        found.append(unsupported_value(path, value, [str(item) for item in schema["enum"]]))


def _type_fits(schema: Json, value: Any) -> bool:
    if schema.get(_INT_OR_STRING):
        return isinstance(value, int | str) and not isinstance(value, bool)
    wanted = schema.get("type")
    if not wanted:
        return True
    if wanted == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if wanted == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"object": dict, "array": list, "string": str, "boolean": bool}[wanted])


def json_type(value: Any) -> str:
    """Name a value's JSON type."""
    if isinstance(value, bool):
        return "boolean"
    names = {dict: "object", list: "array", str: "string", int: "integer", float: "number"}
    return names.get(type(value), "null")


def _validate_object(schema: Json, value: Json, path: str, found: list[Cause]) -> None:
    properties: Json = schema.get("properties") or {}
    extra = schema.get("additionalProperties")
    found += [required(_join(path, key)) for key in schema.get("required") or () if key not in value]
    for key, inner in value.items():
        if key in properties:
            if not (path == "" and key == "metadata"):
                _validate(properties[key], inner, _join(path, key), found)
        elif isinstance(extra, dict):
            _validate(extra, inner, _join(path, key), found)
    limit = schema.get("maxProperties")
    if limit is not None and len(value) > limit:
        found.append(Cause("FieldValueTooMany", f"Too many: {len(value)}: must have at most {limit} items", path))


def _validate_list(schema: Json, value: list[Any], path: str, found: list[Cause]) -> None:
    items = schema.get("items")
    if isinstance(items, dict):
        for index, item in enumerate(value):
            _validate(items, item, f"{path}[{index}]", found)
    most, least = schema.get("maxItems"), schema.get("minItems")
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


def _duplicates(schema: Json, value: Any, path: str, found: list[Cause]) -> None:
    if isinstance(value, dict):
        properties: Json = schema.get("properties") or {}
        for key in sorted(value.keys() & properties.keys()):
            _duplicates(properties[key], value[key], _join(path, key), found)
    elif isinstance(value, list):
        _duplicate_items(schema, value, path, found)


def _duplicate_items(schema: Json, value: list[Any], path: str, found: list[Cause]) -> None:
    kind = schema.get("x-kubernetes-list-type")
    keys: list[str] = schema.get("x-kubernetes-list-map-keys") or []
    seen: set[str] = set()
    for index, item in enumerate(value):
        if kind == "map" and isinstance(item, dict):
            if any(key not in item for key in keys):
                continue
            shown = shown_value({key: item[key] for key in keys})
        elif kind == "set":
            shown = shown_value(item)
        else:
            break
        if shown in seen:
            found.append(Cause("FieldValueDuplicate", f"Duplicate value: {shown}", f"{path}[{index}]"))
        seen.add(shown)
    items = schema.get("items")
    if isinstance(items, dict):
        for index, item in enumerate(value):
            _duplicates(items, item, f"{path}[{index}]", found)


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
