"""What of an object stays in memory: everything but the parts that nobody here reads. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dicot.kube import Json
from dicot.kube.cache import trim

Tree = dict[str, Any]


def without(*paths: str) -> Callable[[Json], Json]:
    """Return a `keep` that trims, and leaves out these dotted paths: `without("status.activePods")`."""
    tree: Tree = {}
    for path in paths:
        branch = tree
        for step in path.split("."):
            branch = branch.setdefault(step, {})
    return lambda obj: _prune(trim(obj), tree)


def _prune(value: Json, tree: Tree) -> Json:
    """Copy along the paths only: the rest is shared."""
    kept: Json = {}
    for key, child in value.items():
        branch = tree.get(key)
        if branch is None:
            kept[key] = child
        elif branch and isinstance(child, dict):
            kept[key] = _prune(child, branch)
    return kept
