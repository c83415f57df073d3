"""OpenAPI v3, one document for each group and version: the schemas of its kinds, and what a PATCH of them takes.

Documents say what kubectl reads: schemas for `explain`, validation and merging, and the parameters of PATCH.
Of built-in kinds they have every field and type, but no descriptions.
"""

import hashlib
import re
from typing import Any

import msgspec

from dicot.devcluster.apiserver import kinds, openapi_v2
from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.builtin import GROUPS
from dicot.devcluster.apiserver.call import Answer, answer_json
from dicot.devcluster.apiserver.layout import Layout
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import NotAnApiPath

Json = dict[str, Any]
REF = "#/components/schemas/"
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")
_OTHERS = (".well-known/openid-configuration", "api", "apis", "openid/v1/jwks", "version")
_TEXTS = {
    "apiVersion": "APIVersion defines the versioned schema of this representation of an object.",
    "kind": "Kind is a string value representing the REST resource this object represents.",
}
_INFO = {"title": "Kubernetes", "version": "v1.36.2"}


def handle(api: Api, parts: list[str], accept: str) -> Answer:
    """Answer a path under /openapi."""
    if parts[1:] == ["v2"]:
        return openapi_v2.answer(whole(api), accept)
    if parts[1:2] != ["v3"]:
        raise NotAnApiPath
    if len(parts) == 2:
        return answer_json({"paths": {path: _reference(path, made) for path, made in _documents(api).items()}})
    found = _documents(api).get("/".join(parts[2:]))
    if found is None:
        raise NotAnApiPath
    return answer_json(found)


def _documents(api: Api) -> dict[str, Json]:
    served = [r for r in api.registry.all() if "patch" in r.verbs or not r.custom]
    made = {_place(g, v): document(api, g, v) for g, v in {(r.group, r.version) for r in served}}
    plain = [*_OTHERS, *(f"apis/{group}" for group in GROUPS)]
    made |= {path: {"openapi": "3.0.0", "info": _INFO, "paths": {f"/{path}/": Json()}} for path in plain}
    return dict(sorted(made.items()))


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _reference(path: str, made: Json) -> Json:
    digest = hashlib.sha512(msgspec.json.encode(made)).hexdigest().upper()
    return {"serverRelativeURL": f"/openapi/v3/{path}?hash={digest}"}


def document(api: Api, group: str, version: str) -> Json:
    """Describe one group and version."""
    resources = api.registry.in_group_version(group, version)
    return {
        "openapi": "3.0.0",
        "info": _INFO,
        "paths": {_path(r): operations(r) for r in resources if "patch" in r.verbs},
        "components": {"schemas": schemas(resources)},
    }


def whole(api: Api) -> Json:
    """Describe every group and version at once, in the form of version 3."""
    resources = api.registry.all()
    return {
        "info": _INFO,
        "paths": {_path(r): operations(r) for r in resources if "patch" in r.verbs},
        "schemas": schemas(resources),
    }


def _path(resource: Resource) -> str:
    inside = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"/{_place(resource.group, resource.version)}{inside}/{resource.plural}/{{name}}"


def operations(resource: Resource) -> Json:
    """Describe what may be done to one object."""
    parameters = [
        {"name": name, "in": "query", "schema": {"type": "boolean" if name == "force" else "string"}}
        for name in _PARAMETERS
    ]
    kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
    return {"patch": {"parameters": parameters, "x-kubernetes-group-version-kind": kind}}


def schemas(resources: list[Resource]) -> Json:
    """Return the schemas of resources and of all that they are made of."""
    made: Json = {}
    _built_in(kinds.META, made)
    for resource in resources:
        kind = {"group": resource.group, "version": resource.version, "kind": resource.kind}
        if resource.custom:
            made[custom_name(resource)] = {**_custom(resource), "x-kubernetes-group-version-kind": [kind]}
        elif kinds.type_of(resource) != kinds.ANY:
            name = struct_schema_name(kinds.type_of(resource))
            made[name] = {**_built_in(kinds.type_of(resource), made), "x-kubernetes-group-version-kind": [kind]}
    return made


def custom_name(resource: Resource) -> str:
    """Name a custom resource's schema, as apiextensions-apiserver does: the group backwards."""
    return f"{'.'.join(reversed(resource.group.split('.')))}.{resource.version}.{resource.kind}"


def _custom(resource: Resource) -> Json:
    schema: Json = {"type": "object", **_published(resource.schema or {})}
    common: Json = {key: {"type": "string", "description": text} for key, text in _TEXTS.items()}
    common["metadata"] = {"description": "Standard object's metadata.", "allOf": [{"$ref": REF + _META}]}
    return {**schema, "properties": {**(schema.get("properties") or {}), **common}}


def _published(schema: Json) -> Json:
    """Return what is published of a structural schema: what a kind of OpenAPI's own has no word for stays out."""
    return {key: value for key, value in schema.items() if key not in ("$schema", "id")}


_PREFIXES = {
    "meta": "io.k8s.apimachinery.pkg.apis.meta",
    "apiextensions": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
}


def struct_schema_name(struct: str) -> str:
    """Name a struct's schema: `core.v1.Pod` is `io.k8s.api.core.v1.Pod`."""
    package, _, rest = struct.partition(".")
    return f"{_PREFIXES.get(package, f'io.k8s.api.{package}')}.{rest}"


def _built_in(struct: str, made: Json) -> Json:
    name = struct_schema_name(struct)
    if name not in made:
        made[name] = Json()
        made[name] = struct_schema(struct, made)
    return made[name]


def struct_schema(struct: str, made: Json) -> Json:
    """Return a struct's schema; the structs in it are added to `made`."""
    fields = kinds.structs()[struct]
    properties = {name: _field_schema(struct, name, made) for name in fields}
    required = [name for name, kind in fields.items() if kind.endswith("!")]
    schema: Json = {"type": "object", "properties": properties}
    if Layout(type=struct).atomic:
        schema["x-kubernetes-map-type"] = "atomic"
    return {**schema, "required": required} if required else schema


def _field_schema(struct: str, name: str, made: Json) -> Json:
    kind = kinds.field(struct, name)
    schema = _type_schema(kind, made)
    layout = Layout(type=struct).child(name)
    keys = layout.keys() if kind[0] == "[" else None
    if keys:
        schema |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": list(keys),
                   "x-kubernetes-patch-merge-key": keys[0], "x-kubernetes-patch-strategy": "merge"}  # fmt: skip
    elif keys == ():
        schema |= {"x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge"}
    elif kind[0] == "[":
        schema["x-kubernetes-list-type"] = "atomic"
    return schema


_PLAIN: dict[str, Json] = {
    "time": {"type": "string", "format": "date-time"},
    "integer": {"type": "integer", "format": "int64"},
    "number": {"type": "number", "format": "double"},
    "quantity": {"oneOf": [{"type": "string"}, {"type": "number"}]},
    "int-or-string": {"format": "int-or-string", "oneOf": [{"type": "integer"}, {"type": "string"}]},
    kinds.ANY: {"x-kubernetes-preserve-unknown-fields": True},
}
_STRUCT = re.compile(r"\w+\.\w+\.\w+")


def _type_schema(kind: str, made: Json) -> Json:
    if kind[0] == "[":
        return {"type": "array", "items": _type_schema(kind[1:-1], made)}
    if kind[0] == "{":
        return {"type": "object", "additionalProperties": _type_schema(kind[1:-1], made)}
    if _STRUCT.fullmatch(kind):
        _built_in(kind, made)
        return {"allOf": [{"$ref": REF + struct_schema_name(kind)}]}
    return dict(_PLAIN.get(kind, {"type": kind}))
