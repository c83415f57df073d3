"""Sets of fields in the form of FieldsV1 (nested objects), and the difference of two objects as such paths. Pure."""

from collections.abc import Iterator
from typing import Any

import msgspec

from dicot.devcluster.apiserver.layout import Layout, item_key

Json = dict[str, Any]
Path = tuple[str, ...]
_UNTRACKED = frozenset({
    "name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "deletionTimestamp",
    "deletionGracePeriodSeconds", "managedFields", "selfLink",
})  # fmt: skip


class Changes(msgspec.Struct):
    """The paths that differ between two objects."""

    added: list[Path] = []
    removed: list[Path] = []
    modified: list[Path] = []

    def all(self) -> list[Path]:
        """Return every path that differs."""
        return [*self.added, *self.removed, *self.modified]


def tracked(body: Json) -> Json:
    """Return the part of an object whose fields have owners."""
    metadata = {k: v for k, v in body.get("metadata", {}).items() if k not in _UNTRACKED}
    rest = {k: v for k, v in body.items() if k not in ("apiVersion", "kind", "metadata")}
    return {**rest, "metadata": metadata} if metadata else rest


def difference(old: Json, new: Json, layout: Layout) -> Changes:
    """Compare two objects field by field."""
    changes = Changes()
    _compare(tracked(old), tracked(new), layout, (), changes)
    return changes


def _compare(old: Any, new: Any, layout: Layout, path: Path, changes: Changes) -> None:
    if old == new and type(old) is type(new):
        return
    if (
        isinstance(old, dict)
        and isinstance(new, dict)
        and not layout.atomic
        and (not path or layout.struct or (old and new))
    ):
        _compare_maps(old, new, layout, path, changes)
        return
    keys = layout.keys() if isinstance(old, list) and isinstance(new, list) and old and new else None
    if keys is not None:
        _compare_lists(old, new, layout, keys, path, changes)
        return
    changes.modified.append(path)
    changes.removed += [p for p in nodes(old, layout, path) if p != path]
    changes.added += [p for p in nodes(new, layout, path) if p != path]


def _compare_maps(old: Json, new: Json, layout: Layout, path: Path, changes: Changes) -> None:
    for key in old.keys() | new.keys():
        inner, child = (*path, f"f:{key}"), layout.child(key)
        if key not in new:
            changes.removed += nodes(old[key], child, inner)
        elif key not in old:
            changes.added += nodes(new[key], child, inner)
        else:
            _compare(old[key], new[key], child, inner, changes)


def _compare_lists(
    old: list[Any], new: list[Any], layout: Layout, keys: tuple[str, ...], path: Path, changes: Changes
) -> None:  # fmt: skip
    before = {item_key(item, keys): item for item in old}
    after = {item_key(item, keys): item for item in new}
    item_layout = layout.item()
    for key in before.keys() | after.keys():
        inner = (*path, key)
        if key not in after:
            changes.removed += nodes(before[key], item_layout, inner)
        elif key not in before:
            changes.added += nodes(after[key], item_layout, inner)
        else:
            _compare(before[key], after[key], item_layout, inner, changes)


def nodes(value: Any, layout: Layout, path: Path, *, declared: bool = True) -> Iterator[Path]:
    """Return the paths of a value and of all inside it; without `declared`, only what an applied configuration owns."""
    keys = layout.keys() if isinstance(value, list) and value else None
    if isinstance(value, dict) and (value or not path) and not layout.atomic:
        if path and not layout.struct and (declared or not layout.declared):
            yield path
        for key, inner in value.items():
            yield from _inner(inner, layout.child(key), (*path, f"f:{key}"), declared)
    elif keys is not None:
        if declared:
            yield path
        for item in value:
            inner_path = (*path, item_key(item, keys))
            yield inner_path
            yield from nodes(item, layout.item(), inner_path, declared=declared)
    else:
        yield path


def _inner(value: Any, layout: Layout, path: Path, declared: bool) -> Iterator[Path]:
    for found in nodes(value, layout, path, declared=declared):
        # What a configuration owns: not the objects that merely lead to its fields.
        if declared or found != path or not (isinstance(value, dict) and value) or layout.atomic:
            yield found


def applied(config: Json, layout: Layout) -> Json:
    """Return the set of fields that an applied configuration names."""
    tree: Json = {}
    for path in nodes(tracked(config), layout, (), declared=False):
        insert(tree, path)
    return tree


def insert(tree: Json, path: Path) -> None:
    """Put a path into a set."""
    for part in path[:-1]:
        step = tree.get(part)
        if step is None:
            step = tree[part] = Json()
        elif not step:
            step["."] = {}
        tree = step
    there = tree.get(path[-1])
    if there is None:
        tree[path[-1]] = {}
    elif there:
        there["."] = {}


def discard(tree: Json, path: Path) -> None:
    """Take a path out of a set, and what leads to nothing any more."""
    trail: list[Json] = [tree]
    for part in path[:-1]:
        step = trail[-1].get(part)
        if step is None:
            return
        trail.append(step)
    there = trail[-1].get(path[-1])
    if there is None:
        return
    if there.keys() - {"."}:
        there.pop(".", None)
        return
    del trail[-1][path[-1]]
    for depth in range(len(path) - 2, -1, -1):
        node = trail[depth + 1]
        if not node:
            del trail[depth][path[depth]]
        elif node.keys() == {"."}:
            del node["."]
            return
        else:
            return


def members(tree: Json, path: Path = ()) -> Iterator[Path]:
    """Return the paths in a set."""
    for key, inner in tree.items():
        if key == ".":
            continue
        if not inner or "." in inner:
            yield (*path, key)
        yield from members(inner, (*path, key))


def contains(tree: Json, path: Path) -> bool:
    """Tell whether a path is in a set."""
    for part in path:
        step = tree.get(part)
        if step is None:
            return False
        tree = step
    return not tree or "." in tree


def copied(tree: Json) -> Json:
    """Copy a set."""
    return {key: copied(inner) for key, inner in tree.items()}


def shown(path: Path) -> str:
    """Spell a path as error messages do: `.spec.parts[name="a"].n`."""
    text = ""
    for part in path:
        if part.startswith("f:"):
            text += f".{part[2:]}"
        elif part.startswith("v:"):
            text += f"[={part[2:]}]"
        else:
            keys = msgspec.json.decode(part[2:])
            inner = ",".join(f"{key}={msgspec.json.encode(value).decode()}" for key, value in keys.items())
            text += f"[{inner}]"
    return text
