"""Strategic merge patch for built-in kinds: maps merge, known lists merge by key, others are replaced. Pure."""

import copy
from typing import Any

from dicot.devcluster.apiserver.layout import KEYS, SETS

Json = dict[str, Any]

_SERVICE_PORTS, _CONTAINER_PORTS = "port", "containerPort"


def merge(target: Json, patch: Json) -> Json:
    """Apply a strategic merge patch; neither argument is changed."""
    if patch.get("$patch") == "replace":
        return {k: copy.deepcopy(v) for k, v in patch.items() if k != "$patch"}
    merged = dict(target)
    for key, value in patch.items():
        if key.startswith("$deleteFromPrimitiveList/"):
            field = key.partition("/")[2]
            merged[field] = [item for item in merged.get(field) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(merged.get(key) or {}, value)
        elif isinstance(value, list):
            merged[key] = _merge_list(key, merged.get(key) or [], value)
        else:
            merged[key] = value
    return merged


def _merge_list(field: str, target: list[Any], patch: list[Any]) -> list[Any]:
    if field in SETS:
        return [*target, *(item for item in patch if item not in target)]
    key = _merge_key(field, patch)
    if key is None:
        return copy.deepcopy(patch)
    if any(item.get("$patch") == "replace" for item in patch):
        return [copy.deepcopy(item) for item in patch if "$patch" not in item]
    result = list(target)
    for item in patch:
        at = next((i for i, have in enumerate(result) if have.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            result = [have for have in result if have.get(key) != item.get(key)]
        elif at is None:
            result.append(copy.deepcopy(item))
        else:
            result[at] = merge(result[at], item)
    return result


def _merge_key(field: str, patch: list[Any]) -> str | None:
    if not all(isinstance(item, dict) for item in patch):
        return None
    if field == "ports":
        return _CONTAINER_PORTS if any(_CONTAINER_PORTS in item for item in patch) else _SERVICE_PORTS
    return KEYS.get(field)
