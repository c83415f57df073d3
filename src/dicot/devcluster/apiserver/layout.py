"""How values are put together, for field ownership: which lists are keyed, sets or atomic, which objects structs."""

from typing import Any

import msgspec

Json = dict[str, Any]

# Built-in kinds have no schema here: the merge keys of their lists, and the names of their true maps.
KEYS = {
    "containers": "name", "initContainers": "name", "ephemeralContainers": "name", "volumes": "name", "env": "name",
    "volumeMounts": "mountPath", "volumeDevices": "devicePath", "imagePullSecrets": "name", "hostAliases": "ip",
    "ownerReferences": "uid", "conditions": "type", "taints": "key", "addresses": "type", "secrets": "name",
    "topologySpreadConstraints": "topologyKey", "resourceClaims": "name",
}  # fmt: skip
_MAPS = frozenset({
    "labels", "annotations", "data", "stringData", "binaryData", "hard", "used", "requests", "limits", "capacity",
    "allocatable", "matchLabels", "selector", "nodeSelector", "parameters", "resourceAttributes",
    "nonResourceAttributes",
})  # fmt: skip
SETS = frozenset({"finalizers"})


class Layout(msgspec.Struct, frozen=True):
    """The layout of one value; `schema` is a custom resource's, or None where nothing is known."""

    schema: Json | None
    core: bool
    field: str = ""
    metadata: bool = False

    def child(self, key: str) -> "Layout":
        """Return the layout of a field."""
        if not self.field and key == "metadata":
            return Layout(None, core=True, field="metadata", metadata=True)
        if self.metadata or self.core:
            return Layout(None, core=True, field=key)
        schema = self.schema or {}
        extra = schema.get("additionalProperties")
        inner = (schema.get("properties") or {}).get(key) or (extra if isinstance(extra, dict) else None)
        return Layout(inner, core=False, field=key)

    def item(self) -> "Layout":
        """Return the layout of a list's items."""
        return Layout((self.schema or {}).get("items"), core=self.core, field=f"{self.field}[]")

    def keys(self) -> tuple[str, ...] | None:
        """Return a keyed list's keys; () for a set, None for an atomic list."""
        if self.core:
            if self.field in SETS:
                return ()
            return (KEYS[self.field],) if self.field in KEYS else None
        kind = (self.schema or {}).get("x-kubernetes-list-type")
        if kind == "map":
            return tuple((self.schema or {}).get("x-kubernetes-list-map-keys") or ())
        return () if kind == "set" else None

    @property
    def atomic(self) -> bool:
        """Whether an object is owned as a whole."""
        if self.core:
            return self.field == "ownerReferences[]"
        return (self.schema or {}).get("x-kubernetes-map-type") == "atomic"

    @property
    def struct(self) -> bool:
        """Whether an object is a struct of a built-in kind, which nobody owns as such."""
        return self.core and self.field not in _MAPS and not self.field.endswith("[]")

    @property
    def declared(self) -> bool:
        """Whether an object's fields are declared by name rather than being keys of a map."""
        return self.struct if self.core else bool((self.schema or {}).get("properties"))


def item_key(item: Any, keys: tuple[str, ...]) -> str:
    """Return the path element of a list item."""
    if not keys:
        return "v:" + msgspec.json.encode(item).decode()
    named = {key: item.get(key) for key in keys} if isinstance(item, dict) else {}
    return "k:" + msgspec.json.encode(named).decode()
