"""Structural schemas of KubeVirt's kinds: what `scripts/kubevirt_schemas.py` wrote, with its references written out."""

import gzip
from functools import cache
from pathlib import Path

import msgspec

from dicot.kube import Json

_FILE = Path(__file__).with_name("kubevirt.json.gz")
# Kinds whose schema is another kind's.
_SAME = {
    "VirtualMachineClusterInstancetype": "VirtualMachineInstancetype",
    "VirtualMachineClusterPreference": "VirtualMachinePreference",
}
_SERVER = ("apiVersion", "kind", "metadata")


@cache
def _published() -> Json:
    return msgspec.json.decode(gzip.decompress(_FILE.read_bytes()))


@cache
def of_kind(kind: str) -> Json | None:
    """Write the schema of a kind; None if unknown fields of it are kept."""
    name = _published()["kinds"].get(_SAME.get(kind, kind))
    if name is None:
        return None
    root = _published()["definitions"][name]
    properties = {
        field: _written(inner, strict=field != "status")
        for field, inner in root["properties"].items()
        if field not in _SERVER
    }
    required = [field for field in root.get("required", ()) if field in properties]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _written(schema: Json, *, strict: bool) -> Json:
    if "$ref" in schema:
        return _of_definition(schema["$ref"], strict=strict)
    result = dict(schema)
    if not strict:
        # Statuses are the controllers' own: nothing in them is missed.
        result.pop("required", None)
        if result.pop("x-kubernetes-list-map-keys", None):
            # A real API server takes a map's keys only where they are required: such a list is a plain one here.
            del result["x-kubernetes-list-type"]
    if "properties" in schema:
        result["properties"] = {name: _written(inner, strict=strict) for name, inner in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            result[key] = _written(schema[key], strict=strict)
    return result


@cache
def _of_definition(name: str, *, strict: bool) -> Json:
    return _written(_published()["definitions"][name], strict=strict)
