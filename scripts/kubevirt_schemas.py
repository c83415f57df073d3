"""Write the structural schemas of KubeVirt's kinds from KubeVirt's published OpenAPI document.

    python scripts/kubevirt_schemas.py openapi.json

The result, src/dicot/devcluster/crds/kubevirt.json.gz, holds what an API server needs in order to prune, to default and
to validate: types, required fields of a spec, enumerations, list types. Descriptions are left out. Definitions are
shared by name; dicot.devcluster.crds.schemas writes them out.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

Json = dict[str, Any]
TARGET = Path(__file__).resolve().parents[1] / "src/dicot/devcluster/crds/kubevirt.json.gz"
# Kinds that hold a whole VirtualMachine or instance of their own (pools, replica sets, snapshot contents) keep unknown
# fields: their schemas would double what the server holds, and nobody writes them by hand.
KINDS = (
    "v1.VirtualMachine",
    "v1.VirtualMachineInstance",
    "v1.VirtualMachineInstanceMigration",
    "v1beta1.VirtualMachineInstancetype",
    "v1beta1.VirtualMachinePreference",
    "v1beta1.VirtualMachineSnapshot",
    "v1beta1.VirtualMachineRestore",
    "v1beta1.VirtualMachineClone",
    "v1.VirtualMachineExport",
    "v1alpha1.MigrationPolicy",
)
KEPT = ("type", "format", "enum", "nullable", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
        "x-kubernetes-map-type")  # fmt: skip
INT_OR_STRING = {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True}
ANY = {"x-kubernetes-preserve-unknown-fields": True}
# Defaults that the document does not show.
DEFAULTS: dict[tuple[str, str], Any] = {
    ("v1beta1.VirtualMachineRestoreSpec", "targetReadinessPolicy"): "WaitGracePeriod",
}
# What the document describes as strings, or leaves open, and a custom resource writes otherwise.
SPECIAL: dict[str, Json] = {
    "k8s.io.apimachinery.pkg.api.resource.Quantity": INT_OR_STRING,
    "k8s.io.apimachinery.pkg.util.intstr.IntOrString": INT_OR_STRING,
    "k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta": {"type": "object", "nullable": True, **ANY},
    "k8s.io.apimachinery.pkg.apis.meta.v1.Time": {"type": "string", "format": "date-time", "nullable": True},
    "k8s.io.apimachinery.pkg.apis.meta.v1.Duration": {"type": "string"},
    "k8s.io.apimachinery.pkg.apis.meta.v1.FieldsV1": {"type": "object", **ANY},
    "k8s.io.apimachinery.pkg.runtime.RawExtension": {"type": "object", **ANY},
}


def structural(schema: Json, seen: set[str]) -> Json:
    """Translate one schema; the names of definitions it refers to go into `seen`."""
    if "$ref" in schema:
        name = schema["$ref"].removeprefix("#/definitions/")
        seen.add(name)
        return {"$ref": name}
    result: Json = {key: schema[key] for key in KEPT if key in schema}
    if isinstance(result.get("type"), list):
        if "null" not in result["type"]:
            return INT_OR_STRING
        result |= {"type": next(one for one in result["type"] if one != "null"), "nullable": True}
    if schema.get("required"):
        result["required"] = schema["required"]
    if "properties" in schema:
        result["properties"] = {key: structural(inner, seen) for key, inner in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            result[key] = structural(schema[key], seen)
    return result if result.get("type") else {**result, **ANY}


def closure(definitions: Json) -> Json:
    """Translate the kinds and every definition that they refer to."""
    waiting, result = set(KINDS), {}
    while waiting:
        name = waiting.pop()
        seen: set[str] = set()
        result[name] = SPECIAL.get(name) or structural(definitions[name], seen)
        for (owner, field), value in DEFAULTS.items():
            if owner == name:
                result[name]["properties"][field]["default"] = value
        waiting |= seen - result.keys()
    return dict(sorted(result.items()))


def main(source: str) -> None:
    """Read the document and write the schemas."""
    definitions = json.loads(Path(source).read_text(encoding="utf-8"))["definitions"]
    kinds = {name.rpartition(".")[2]: name for name in KINDS}
    found = {"kinds": kinds, "definitions": closure(definitions)}
    text = json.dumps(found, separators=(",", ":"), sort_keys=True)
    TARGET.write_bytes(gzip.compress(text.encode(), mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
