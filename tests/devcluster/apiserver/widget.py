"""The CRD that the recordings were made with, written from what they show of it."""

from typing import Any

Json = dict[str, Any]
PATH = "/apis/example.com/v1/namespaces/g1/widgets"
CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"

_PART = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}, "n": {"type": "integer"}}}
_SPEC = {
    "type": "object",
    "required": ["size"],
    "x-kubernetes-validations": [{"rule": "!has(self.secret) || self.size > 0", "message": "a secret needs a size"}],
    "properties": {
        "size": {"type": "integer", "minimum": 0, "maximum": 100},
        "color": {"type": "string", "enum": ["red", "green", "blue"], "default": "red"},
        "secret": {"type": "string", "maxLength": 10},
        "nul": {"type": "string", "nullable": True},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "tags": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        "parts": {
            "type": "array",
            "maxItems": 3,
            "items": _PART,
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
        },
    },
}
_CONDITION = {"type": "object", "properties": {"type": {"type": "string"}, "status": {"type": "string"}}}
_STATUS = {
    "type": "object",
    "properties": {
        "phase": {"type": "string"},
        "size": {"type": "integer"},
        "conditions": {"type": "array", "items": _CONDITION},
    },
}
_READY = ".status.conditions[?(@.type=='Ready')].status"
_COLUMNS = [
    {"name": "Size", "type": "integer", "jsonPath": ".spec.size", "description": "how big"},
    {"name": "Phase", "type": "string", "jsonPath": ".status.phase"},
    {"name": "Ready", "type": "string", "jsonPath": _READY},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
    {"name": "Secret", "type": "string", "jsonPath": ".spec.secret", "priority": 1},
]

WIDGET: Json = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "widgets.example.com"},
    "spec": {
        "group": "example.com",
        "scope": "Namespaced",
        "names": {"plural": "widgets", "kind": "Widget", "shortNames": ["wd"], "categories": ["all"]},
        "versions": [
            {
                "name": "v1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "required": ["spec"],
                        "properties": {"spec": _SPEC, "status": _STATUS},
                    }
                },
                "subresources": {
                    "status": {},
                    "scale": {"specReplicasPath": ".spec.size", "statusReplicasPath": ".status.size"},
                },
                "additionalPrinterColumns": _COLUMNS,
                "selectableFields": [{"jsonPath": ".spec.color"}],
            }
        ],
    },
}


def widget(name: str, size: int = 1, **metadata: Any) -> Json:
    return {
        "apiVersion": "example.com/v1",
        "kind": "Widget",
        "metadata": {"name": name, **metadata},
        "spec": {"size": size},
    }
