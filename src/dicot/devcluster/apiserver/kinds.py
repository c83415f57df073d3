"""The fields of the built-in kinds and their types: the table `kinds.json`, which `scripts/kinds.py` writes. Pure.

A type is spelt `string`, `integer`, `boolean`, `number`, `time`, `quantity`, `int-or-string`, `any`, the name of a
struct (`core.v1.PodSpec`), `[type]` for a list or `{type}` for a map.
"""

from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec

from dicot.devcluster.apiserver.decode import unmarshal
from dicot.devcluster.apiserver.resources import Resource

Json = dict[str, Any]
ANY = "any"
META = "meta.v1.ObjectMeta"

_PACKAGES = {
    "admissionregistration.k8s.io": "admissionregistration", "apiextensions.k8s.io": "apiextensions",
    "apiregistration.k8s.io": "apiregistration", "authentication.k8s.io": "authentication",
    "authorization.k8s.io": "authorization", "certificates.k8s.io": "certificates", "": "core",
    "coordination.k8s.io": "coordination", "discovery.k8s.io": "discovery", "events.k8s.io": "events",
    "flowcontrol.apiserver.k8s.io": "flowcontrol", "networking.k8s.io": "networking", "node.k8s.io": "node",
    "rbac.authorization.k8s.io": "rbac", "resource.k8s.io": "resource", "scheduling.k8s.io": "scheduling",
    "storage.k8s.io": "storage",
}  # fmt: skip
_PLAIN: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "string"),
    "time": ((str,), "v1.Time"),
    "boolean": ((bool,), "bool"),
    "integer": ((int,), "int64"),
    "number": ((int, float), "float64"),
    "int-or-string": ((int, str), "intstr.IntOrString"),
}


@lru_cache(maxsize=1)
def structs() -> dict[str, dict[str, str]]:
    """Return the fields of every struct; a type that ends in `!` is required."""
    return msgspec.json.decode((files("dicot.devcluster.apiserver") / "kinds.json").read_bytes())


@lru_cache(maxsize=4096)
def field(struct: str, name: str) -> str:
    """Return the type of a struct's field; empty where it has no such field."""
    return structs()[struct].get(name, "").rstrip("!")


def type_of(resource: Resource) -> str:
    """Return the struct of a built-in kind; `any` where the table does not have it."""
    return ANY if resource.custom else _struct_of(resource.group, resource.version, resource.kind)


def kept_type(resource: Resource) -> str:
    """Return the struct as which objects of a built-in kind are kept."""
    return _struct_of(*(resource.kept_as or (resource.group, resource.version)), resource.kind)


@lru_cache(maxsize=256)
def _struct_of(group: str, version: str, kind: str) -> str:
    name = f"{_PACKAGES.get(group, group)}.{version}.{kind}"
    return name if name in structs() else ANY


def prune(resource: Resource, body: Json) -> list[str]:
    """Remove the fields that a built-in kind does not have, returning their paths; 400 for values of a wrong type."""
    unknown: list[str] = []
    kind = type_of(resource)
    if kind != ANY:
        for name in list(body):
            if name != "metadata":
                _prune_field(resource, kind, body, name, "", unknown)
    return unknown


def _prune_field(resource: Resource, struct: str, holder: Json, name: str, path: str, unknown: list[str]) -> None:
    inner = f"{path}.{name}" if path else name
    kind = field(struct, name)
    if not kind:
        unknown.append(inner)
        del holder[name]
    elif holder[name] is None:
        del holder[name]
    else:
        _prune(resource, kind, holder[name], inner, unknown)


def _prune(resource: Resource, kind: str, value: Any, path: str, unknown: list[str]) -> None:
    if value is None or kind in (ANY, "quantity"):
        return
    _check_type(resource, kind, value, path)
    if kind[0] == "[":
        for index, item in enumerate(value):
            _prune(resource, kind[1:-1], item, f"{path}[{index}]", unknown)
    elif kind[0] == "{":
        for key, item in value.items():
            _prune(resource, kind[1:-1], item, f"{path}.{key}", unknown)
    elif kind not in _PLAIN:
        for name in list(value):
            _prune_field(resource, kind, value, name, path, unknown)


def _check_type(resource: Resource, kind: str, value: Any, path: str) -> None:
    expected, go = _PLAIN.get(kind, ((list,) if kind[0] == "[" else (dict,), _go(kind)))
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        raise unmarshal(resource, value, f"{resource.kind}.{_unindexed(path)}", go)


def _unindexed(path: str) -> str:
    return ".".join(part.partition("[")[0] for part in path.split("."))


def _go(kind: str) -> str:
    if kind[0] == "[":
        return f"[]{_go(kind[1:-1])}"
    if kind[0] == "{":
        return f"map[string]{_go(kind[1:-1])}"
    if kind in _PLAIN:
        return _PLAIN[kind][1]
    if kind in (ANY, "quantity"):
        return {"quantity": "resource.Quantity"}.get(kind, "interface {}")
    return ".".join(kind.rsplit(".", 2)[1:])
