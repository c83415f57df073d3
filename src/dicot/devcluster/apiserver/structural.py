"""A custom resource's schema as its walks read it: each node looked at once, not before an object has something there.

Pure data. KubeVirt's schemas have thousands of nodes, its objects a few dozen.
"""

from functools import cached_property
from typing import Any

Json = dict[str, Any]
PRESERVE = "x-kubernetes-preserve-unknown-fields"
INT_OR_STRING = "x-kubernetes-int-or-string"
RULES = "x-kubernetes-validations"
CONTAINERS = frozenset({dict, list})
_TYPES: dict[str, frozenset[type]] = {
    "object": frozenset({dict}),
    "array": frozenset({list}),
    "string": frozenset({str}),
    "boolean": frozenset({bool}),
    "integer": frozenset({int}),
    "number": frozenset({int, float}),
}
_LIMITS = frozenset({
    "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems", "maxProperties",
})  # fmt: skip


class Node:
    """The schema of one value and, by and by, of what is in it."""

    def __init__(self, schema: Json) -> None:
        self.schema = schema
        self.properties: Json = schema.get("properties") or {}
        extra, items = schema.get("additionalProperties"), schema.get("items")
        self.extra = Node(extra) if isinstance(extra, dict) else None
        self.items = Node(items) if isinstance(items, dict) else None
        self.keeps = bool(schema.get(PRESERVE)) or extra is True
        self.embedded = bool(schema.get("x-kubernetes-embedded-resource"))
        self.nullable = bool(schema.get("nullable"))
        self.required: tuple[str, ...] = tuple(schema.get("required") or ())
        self.defaulted = tuple(name for name, inner in self.properties.items() if "default" in inner)
        self.types = frozenset({int, str}) if schema.get(INT_OR_STRING) else _TYPES.get(schema.get("type") or "")
        self.unlimited = not (_LIMITS & schema.keys())
        self._known: dict[str, Node] = {}

    def fits(self, value: Any) -> bool:
        """Tell whether a value is of the schema's type."""
        return self.types is None or type(value) in self.types

    def of(self, name: str) -> "Node | None":
        """Return the node of a declared field; None where the schema does not declare it."""
        node = self._known.get(name)
        if node is None and name in self.properties:
            node = self._known[name] = Node(self.properties[name])
        return node

    @cached_property
    def ruled(self) -> bool:
        """Whether there are rules in CEL for this value or for something in it."""
        return _has_rules(self.schema)


def _has_rules(schema: Any) -> bool:
    if isinstance(schema, list):
        return any(_has_rules(one) for one in schema)
    return isinstance(schema, dict) and (RULES in schema or any(_has_rules(one) for one in schema.values()))
