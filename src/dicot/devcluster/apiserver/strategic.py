"""Strategic merge patch for built-in kinds: maps merge, known lists merge by key, others are replaced. Pure.

What merges by which key is said by the type of the value (`kinds`, `layout`).
"""

import copy
from typing import Any

from dicot.devcluster.apiserver.layout import Layout

Json = dict[str, Any]
_ORDER, _DELETE_ITEMS, _RETAIN = "$setElementOrder/", "$deleteFromPrimitiveList/", "$retainKeys"


def merge(target: Json, patch: Json, layout: Layout) -> Json:
    """Apply a strategic merge patch; neither argument is changed."""
    if patch.get("$patch") == "replace":
        return {k: copy.deepcopy(v) for k, v in patch.items() if k != "$patch"}
    if patch.get("$patch") == "delete":
        return {}
    merged = dict(target)
    for key, value in patch.items():
        if key.startswith(_DELETE_ITEMS):
            field = key.partition("/")[2]
            merged[field] = [item for item in merged.get(field) or () if item not in value]
        elif key.startswith("$"):
            continue
        elif value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = merge(merged.get(key) or {}, value, layout.child(key))
        elif isinstance(value, list):
            merged[key] = _merge_list(layout.child(key), merged.get(key) or [], value)
        else:
            merged[key] = value
    if _RETAIN in patch:
        merged = {key: value for key, value in merged.items() if key in patch[_RETAIN]}
    for key in patch:
        if key.startswith(_ORDER):
            field = key.partition("/")[2]
            merged[field] = _ordered(layout.child(field), merged.get(field) or [], patch[key])
    return merged


def _merge_list(layout: Layout, target: list[Any], patch: list[Any]) -> list[Any]:
    keys = layout.keys()
    if keys == ():
        return [*target, *(item for item in patch if item not in target)]
    if keys is None or not all(isinstance(item, dict) for item in patch):
        return copy.deepcopy(patch)
    # A patch names items by the first key alone, as patchMergeKey does.
    key = keys[0]
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
            result[at] = merge(result[at], item, layout.item())
    return result


def _ordered(layout: Layout, items: list[Any], order: list[Any]) -> list[Any]:
    """Put items into the order that a patch asks for; those it does not name stay behind the ones before them."""
    key = (layout.keys() or ("",))[0]

    def name(item: Any) -> Any:
        return item.get(key) if isinstance(item, dict) else item

    ranks = {name(item): rank for rank, item in enumerate(order)}
    placed: list[tuple[float, Any]] = []
    last = -1.0
    for item in items:
        last = ranks.get(name(item), last)
        placed.append((last, item))
    return [item for _, item in sorted(placed, key=lambda pair: pair[0])]
