"""OpenAPI v3 as far as kubectl reads it: which parameters a PATCH takes, and custom resources' schemas for `explain`.

Built-in kinds have no schema here; version 2 is not served.
"""

import hashlib
from typing import Any

import msgspec

from dicot.devcluster.apiserver.api import Api
from dicot.devcluster.apiserver.call import Answer, answer_json
from dicot.devcluster.apiserver.resources import Resource
from dicot.devcluster.apiserver.status import NotAnApiPath, not_imitated

Json = dict[str, Any]
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def handle(api: Api, parts: list[str]) -> Answer:
    """Answer a path under /openapi."""
    if parts[1:2] != ["v3"]:
        raise not_imitated("OpenAPI version 2; version 3 is at /openapi/v3")
    if len(parts) == 2:
        return answer_json({"paths": {_place(g, v): _reference(api, g, v) for g, v in _group_versions(api)}})
    found = next((gv for gv in _group_versions(api) if _place(*gv).split("/") == parts[2:]), None)
    if found is None:
        raise NotAnApiPath
    return answer_json(document(api, *found))


def _group_versions(api: Api) -> list[tuple[str, str]]:
    return sorted({(resource.group, resource.version) for resource in api.registry.all()})


def _place(group: str, version: str) -> str:
    return f"apis/{group}/{version}" if group else f"api/{version}"


def _reference(api: Api, group: str, version: str) -> Json:
    digest = hashlib.sha256(msgspec.json.encode(document(api, group, version))).hexdigest().upper()
    return {"serverRelativeURL": f"/openapi/v3/{_place(group, version)}?hash={digest}"}


def document(api: Api, group: str, version: str) -> Json:
    """Describe one group and version."""
    resources = api.registry.in_group_version(group, version)
    return {
        "openapi": "3.0.0",
        "info": {"title": "Kubernetes", "version": "v1.36.2"},
        "paths": {_path(resource): _operations(resource) for resource in resources},
        "components": {"schemas": {_name(resource): _schema(resource) for resource in resources}},
    }


def _path(resource: Resource) -> str:
    inside = "/namespaces/{namespace}" if resource.namespaced else ""
    return f"/{_place(resource.group, resource.version)}{inside}/{resource.plural}/{{name}}"


def _operations(resource: Resource) -> Json:
    parameters = [{"name": name, "in": "query", "schema": {"type": "string"}} for name in _PARAMETERS]
    return {"patch": {"parameters": parameters, "x-kubernetes-group-version-kind": _kind(resource)}}


def _kind(resource: Resource) -> Json:
    return {"group": resource.group, "version": resource.version, "kind": resource.kind}


def _name(resource: Resource) -> str:
    reversed_group = ".".join(reversed((resource.group or "core.api.k8s.io").split(".")))
    return f"{reversed_group}.{resource.version}.{resource.kind}"


def _schema(resource: Resource) -> Json:
    schema: Json = {"type": "object", **(resource.schema or {})}
    common: Json = {
        "apiVersion": {"type": "string", "description": "The version of the object's schema."},
        "kind": {"type": "string", "description": "The object's kind."},
        "metadata": {"type": "object", "description": "Standard object's metadata."},
    }
    properties = {**common, **(schema.get("properties") or {})}
    return {**schema, "properties": properties, "x-kubernetes-group-version-kind": [_kind(resource)]}
