"""The JSON types of the fields of built-in kinds that the server itself looks at; a wrong type is 400, as in Go.

A shape is a type, {"field": shape} for an object, [shape] for a list, or {"*": shape} for a map. Other fields may hold
anything.
"""

from typing import Any

from dicot.devcluster.apiserver.decode import unmarshal
from dicot.devcluster.apiserver.resources import Resource

Json = dict[str, Any]
Shape = Any

_STRINGS: Shape = {"*": str}
_ANY: Shape = object
_RESOURCES: Shape = {"requests": {"*": _ANY}, "limits": {"*": _ANY}}
_RULE: Shape = {
    "verbs": [str],
    "apiGroups": [str],
    "resources": [str],
    "resourceNames": [str],
    "nonResourceURLs": [str],
}
_ROLE: Shape = {"rules": [_RULE], "aggregationRule": {"clusterRoleSelectors": [{"matchLabels": _STRINGS}]}}
_BINDING: Shape = {
    "roleRef": {"apiGroup": str, "kind": str, "name": str},
    "subjects": [{"apiGroup": str, "kind": str, "name": str, "namespace": str}],
}
_CONTAINER: Shape = {"name": str, "image": str, "resources": _RESOURCES}
_VOLUME: Shape = {"name": str, "persistentVolumeClaim": {"claimName": str}}
_ATTRIBUTES: Shape = dict.fromkeys(("verb", "group", "resource", "subresource", "name", "namespace", "version"), str)
_REVIEW: Shape = {
    "spec": {
        "user": str, "uid": str, "groups": [str], "resourceAttributes": _ATTRIBUTES, "token": str, "audiences": [str],
        "nonResourceAttributes": {"path": str, "verb": str}, "namespace": str,
    }
}  # fmt: skip
_CRD_VERSION: Shape = {
    "name": str, "served": bool, "storage": bool, "schema": {"openAPIV3Schema": {}},
    "subresources": {"status": {}, "scale": _STRINGS}, "selectableFields": [{"jsonPath": str}],
    "additionalPrinterColumns": [{"name": str, "type": str, "jsonPath": str, "priority": int}],
}  # fmt: skip
_CRD: Shape = {
    "spec": {
        "group": str,
        "scope": str,
        "names": {
            "plural": str,
            "singular": str,
            "kind": str,
            "listKind": str,
            "shortNames": [str],
            "categories": [str],
        },
        "versions": [_CRD_VERSION],
    }
}
_PLAIN: Shape = {"spec": {}, "status": {}}

_SHAPES: dict[str, Shape] = {
    "secrets": {"data": _STRINGS, "stringData": _STRINGS, "type": str, "immutable": bool},
    "configmaps": {"data": _STRINGS, "binaryData": _STRINGS, "immutable": bool},
    "persistentvolumeclaims": {
        "spec": {"accessModes": [str], "resources": _RESOURCES, "storageClassName": str, "volumeName": str},
        "status": {"phase": str},
    },
    "persistentvolumes": {"spec": {"capacity": {"*": _ANY}}, "status": {}},
    "pods": {"spec": {"containers": [_CONTAINER], "volumes": [_VOLUME]}, "status": {"phase": str}},
    "resourcequotas": {"spec": {"hard": {"*": _ANY}}, "status": {}},
    "services": {"spec": {"ports": [{"port": int, "protocol": str}], "type": str}, "status": {}},
    "roles": _ROLE,
    "clusterroles": _ROLE,
    "rolebindings": _BINDING,
    "clusterrolebindings": _BINDING,
    "customresourcedefinitions": _CRD,
    "tokenrequests": {"spec": {"audiences": [str], "expirationSeconds": int}},
}
_GO = {str: "string", int: "int64", bool: "bool", dict: "map[string]interface {}", list: "[]interface {}"}


def check(resource: Resource, body: Json) -> None:
    """Refuse (400) a body with a value of the wrong JSON type."""
    plural = resource.plural
    shape = _SHAPES.get(plural, _REVIEW if plural.endswith("reviews") else _PLAIN)
    _check(resource, shape, body, resource.kind)


def _check(resource: Resource, shape: Shape, value: Any, path: str) -> None:
    if value is None or shape is _ANY:
        return
    expected = dict if isinstance(shape, dict) else list if isinstance(shape, list) else shape
    if not isinstance(value, expected) or (expected is int and isinstance(value, bool)):
        raise unmarshal(resource, value, path, _GO[expected])
    if isinstance(value, list) and isinstance(shape, list):
        for item in value:
            _check(resource, shape[0], item, path)
    elif isinstance(value, dict) and isinstance(shape, dict):
        for key, inner in value.items():
            if key in shape:
                _check(resource, shape[key], inner, f"{path}.{key}")
            elif "*" in shape:
                _check(resource, shape["*"], inner, path)
