"""Bodies in protobuf, for the few built-in kinds that `kubectl create` and `kubectl auth` send in no other form. Pure.

The numbers are those of the kinds' generated.proto. Answers are JSON, which these clients accept as well.
"""

import base64
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
Fields = dict[int, tuple[str, Any]]

MAGIC = b"k8s\0"
MEDIA_TYPE = "application/vnd.kubernetes.protobuf"


_ENVELOPE: Fields = {1: ("type", {1: ("apiVersion", str), 2: ("kind", str)}), 2: ("raw", bytes)}


class CannotDecode(Exception):
    """The kind, or the form of the body, is not known here."""


class Repeated:
    """A list of a type."""

    def __init__(self, of: Any) -> None:
        self.of = of


class Map:
    """A map from text to a type (str, or bytes, which JSON spells in base64)."""

    def __init__(self, of: type) -> None:
        self.of = of


_TEXTS = Repeated(str)
_OWNER: Fields = {
    1: ("kind", str), 3: ("name", str), 4: ("uid", str), 5: ("apiVersion", str), 6: ("controller", bool),
    7: ("blockOwnerDeletion", bool),
}  # fmt: skip
_META: Fields = {
    1: ("name", str), 2: ("generateName", str), 3: ("namespace", str), 11: ("labels", Map(str)),
    12: ("annotations", Map(str)), 13: ("ownerReferences", Repeated(_OWNER)), 14: ("finalizers", _TEXTS),
}  # fmt: skip
_ATTRIBUTES: Fields = {
    1: ("namespace", str), 2: ("verb", str), 3: ("group", str), 4: ("version", str), 5: ("resource", str),
    6: ("subresource", str), 7: ("name", str),
}  # fmt: skip
_PATH: Fields = {1: ("path", str), 2: ("verb", str)}
_ACCESS: Fields = {1: ("resourceAttributes", _ATTRIBUTES), 2: ("nonResourceAttributes", _PATH)}
_RULE: Fields = {
    1: ("verbs", _TEXTS), 2: ("apiGroups", _TEXTS), 3: ("resources", _TEXTS), 4: ("resourceNames", _TEXTS),
    5: ("nonResourceURLs", _TEXTS),
}  # fmt: skip
_SUBJECT: Fields = {1: ("kind", str), 2: ("apiGroup", str), 3: ("name", str), 4: ("namespace", str)}
_ROLE: Fields = {1: ("metadata", _META), 2: ("rules", Repeated(_RULE))}
_BINDING: Fields = {
    1: ("metadata", _META),
    2: ("subjects", Repeated(_SUBJECT)),
    3: ("roleRef", {1: ("apiGroup", str), 2: ("kind", str), 3: ("name", str)}),
}
_KINDS: dict[str, Fields] = {
    "Namespace": {1: ("metadata", _META)},
    "ConfigMap": {1: ("metadata", _META), 2: ("data", Map(str)), 3: ("binaryData", Map(bytes)), 4: ("immutable", bool)},
    "Secret": {1: ("metadata", _META), 2: ("data", Map(bytes)), 3: ("type", str), 4: ("stringData", Map(str)),
               5: ("immutable", bool)},
    "ServiceAccount": {1: ("metadata", _META)},
    "Role": _ROLE,
    "ClusterRole": _ROLE,
    "RoleBinding": _BINDING,
    "ClusterRoleBinding": _BINDING,
    "SelfSubjectReview": {1: ("metadata", _META)},
    "SelfSubjectAccessReview": {1: ("metadata", _META), 2: ("spec", _ACCESS)},
    "SelfSubjectRulesReview": {1: ("metadata", _META), 2: ("spec", {1: ("namespace", str)})},
    "TokenRequest": {1: ("metadata", _META), 2: ("spec", {1: ("audiences", _TEXTS), 4: ("expirationSeconds", int)})},
}  # fmt: skip


def decode(body: bytes) -> Json:
    """Return the object that a protobuf body holds."""
    if not body.startswith(MAGIC):
        raise CannotDecode("no magic number")
    envelope = _message(body[len(MAGIC) :], _ENVELOPE)
    named: Json = envelope.get("type") or {}
    fields = _KINDS.get(named.get("kind", ""))
    if fields is None:
        raise CannotDecode(f"the kind {named.get('kind')}")
    return {**named, **_message(base64.b64decode(envelope.get("raw", "")), fields)}


def _message(data: bytes, fields: Fields) -> Json:
    made: Json = {}
    for number, value in _parts(data):
        if number not in fields:
            continue
        name, kind = fields[number]
        if isinstance(kind, Repeated):
            made.setdefault(name, []).append(_value(value, kind.of))
        elif isinstance(kind, Map):
            entry = _message(_bytes(value), {1: ("key", str), 2: ("value", kind.of)})
            made.setdefault(name, {})[entry.get("key", "")] = entry.get("value", "")
        else:
            made[name] = _value(value, kind)
    # Unset text is written as empty text; leaving it out is what JSON does.
    return {name: value for name, value in made.items() if value != ""}


def _value(value: int | bytes, kind: Any) -> Any:
    if kind is bool or kind is int:
        return kind(value)
    if kind is str:
        return _bytes(value).decode()
    if kind is bytes:
        return base64.b64encode(_bytes(value)).decode()
    return _message(_bytes(value), kind)


def _bytes(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise CannotDecode("a number where text was expected")
    return value


def _parts(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield number, value
        elif wire == 2:
            length, at = _varint(data, at)
            yield number, data[at : at + length]
            at += length
        else:
            raise CannotDecode(f"the wire type {wire}")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data):
            raise CannotDecode("a number is cut short")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at
