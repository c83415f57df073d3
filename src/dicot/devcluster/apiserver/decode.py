"""Request bodies: JSON or YAML to an object of the expected kind, with kube-apiserver's complaints."""

import json
import re
from typing import Any

import msgspec
import yaml

from dicot.devcluster.apiserver import protobuf
from dicot.devcluster.apiserver.call import Call
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import (
    bad_request,
    error,
    invalid,
    invalid_value,
    not_imitated,
    unsupported_media,
)

Json = dict[str, Any]
_ACCEPTED = ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"]
_SHOWN_BYTES = 30
_KEY = re.compile(rb'"\s*:')


def read_object(call: Call) -> tuple[Json, list[str]]:
    """Return the body as an object of the call's kind, and the paths of its duplicate fields."""
    if call.media_type in ("", "application/json", "*/*"):
        value, duplicates = _json(call)
    elif call.media_type == "application/yaml":
        value, duplicates = _yaml(call), list[str]()
    elif call.media_type == protobuf.MEDIA_TYPE:
        value, duplicates = _protobuf(call), list[str]()
    else:
        raise unsupported_media(_ACCEPTED)
    return checked_kind(call.resource, value, call.body), duplicates


def _protobuf(call: Call) -> Json:
    try:
        return protobuf.decode(call.body)
    except (protobuf.CannotDecode, ValueError) as wrong:
        raise not_imitated(f"protobuf for this body: {wrong}; send JSON or YAML") from None


def _yaml(call: Call) -> Json:
    try:
        value = yaml.safe_load(call.body)
    except yaml.YAMLError as wrong:
        raise _unrecognized(call, f"couldn't get version/kind; yaml parse error: {wrong}") from None
    if not isinstance(value, dict):
        raise _unrecognized(call, "couldn't get version/kind; the document is no object")
    return value


def _json(call: Call) -> tuple[Any, list[str]]:
    try:
        value = msgspec.json.decode(call.body)
    except msgspec.DecodeError as wrong:
        raise _unrecognized(
            call, f"couldn't get version/kind; json parse error: {go_complaint(call.body, wrong)}"
        ) from None
    if not isinstance(value, dict):
        go = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
        why = f"json: cannot unmarshal {_go_type(value)} into Go value of type {go}"
        raise _unrecognized(call, f"couldn't get version/kind; json parse error: {why}", raw=True)
    # A key given twice is in the text more often than in the value; only then is it worth a second, slow reading.
    return value, duplicate_fields(call.body) if len(_KEY.findall(call.body)) != _count_keys(value) else []


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(map(_count_keys, value.values()))
    return sum(map(_count_keys, value)) if isinstance(value, list) else 0


def _unrecognized(call: Call, why: str, *, raw: bool = False) -> Exception:
    if not call.body:
        shown = "<empty>"
    elif raw:
        shown = call.body.hex()
    else:
        text = call.body.decode(errors="replace")
        shown = text if len(text) <= _SHOWN_BYTES else f"{text[:_SHOWN_BYTES]} ..."
    return bad_request(f"the object provided is unrecognized (must be of type {call.resource.kind}): {why} ({shown})")


def go_complaint(body: bytes, wrong: msgspec.DecodeError) -> str:
    """Say what Go's JSON parser would say of a body that is no JSON."""
    if "truncated" in str(wrong) or not body.strip():
        return "unexpected end of JSON input"
    return f"invalid character in JSON: {wrong}"


def _go_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    return {list: "array", dict: "object", str: "string", int: "number", float: "number"}.get(type(value), "null")


def go_type(value: Any) -> str:
    """Name a JSON value's type as Go's decoder does."""
    return _go_type(value)


def checked_kind(resource: Resource, value: Json, raw: bytes) -> Json:
    """Check apiVersion and kind; built-in kinds may leave both out."""
    kind, version = value.get("kind"), value.get("apiVersion")
    if not isinstance(value.get("metadata") or {}, dict):
        raise unmarshal(resource, value["metadata"], "metadata", "v1.ObjectMeta")
    if not kind and not version and not resource.custom:
        return {"apiVersion": resource.api_version, "kind": resource.kind, **value}
    if not kind:
        text = raw.decode(errors="replace")
        shown = text if len(text) <= _SHOWN_BYTES else f"{text[:_SHOWN_BYTES]} ..."
        why = f"Object 'Kind' is missing in '{text}' ({shown})"
        raise bad_request(f"the object provided is unrecognized (must be of type {resource.kind}): {why}")
    if version != resource.api_version:
        raise bad_request(
            f"the API version in the data ({version or ''}) does not match the expected API version"
            f" ({resource.api_version})"
        )
    if kind != resource.kind:
        if not resource.custom:
            raise bad_request(f"{kind} in version {resource.version!r} cannot be handled as a {resource.kind}")
        name = (value.get("metadata") or {}).get("name", "")
        raise invalid(resource, name, [invalid_value("kind", kind, f"must be {resource.kind}")], kind=kind)
    return value


def unmarshal(resource: Resource, value: Any, field: str, go: str) -> Exception:
    """400 for a value of the wrong JSON type in a typed field."""
    why = f"json: cannot unmarshal {_go_type(value)} into Go struct field {field} of type {go}"
    return cannot_be_handled(resource, why)


def cannot_be_handled(resource: Resource, why: str) -> Exception:
    """400 for an object that cannot be decoded as its kind."""
    message = f'{resource.kind} in version "{resource.version}" cannot be handled as a {resource.kind}: {why}'
    return error(400, message)


class _Pairs(dict[str, Any]):
    """An object that remembers which of its keys came twice."""

    twice: list[str]


def duplicate_fields(body: bytes) -> list[str]:
    """Return the paths of the fields that a JSON text gives twice."""

    def pairs(items: list[tuple[str, Any]]) -> _Pairs:
        made = _Pairs(items)
        seen: set[str] = set()
        made.twice = [key for key, _ in items if key in seen or seen.add(key)]
        return made

    found: list[str] = []

    def walk(value: Any, path: str) -> None:
        if isinstance(value, _Pairs):
            found.extend(f"{path}{key}" for key in value.twice)
            for key, inner in value.items():
                walk(inner, f"{path}{key}.")
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                walk(inner, f"{path[:-1]}[{index}].")

    walk(json.loads(body, object_pairs_hook=pairs), "")
    return found
