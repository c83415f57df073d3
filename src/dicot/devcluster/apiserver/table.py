"""`Table`: what `kubectl get` prints. Columns come from the CRD's additionalPrinterColumns, or from `printers`."""

import re
from typing import Any

from dicot.devcluster.apiserver import conversion, printers
from dicot.devcluster.apiserver.durations import since
from dicot.devcluster.apiserver.partial import partial_object
from dicot.devcluster.apiserver.resources import Column, Resource

Json = dict[str, Any]

_NAME_TEXT = (
    "Name must be unique within a namespace. Is required when creating resources, although some resources may allow a"
    " client to request the generation of an appropriate name automatically. Name is primarily intended for creation"
    " idempotence and configuration definition. Cannot be updated. More info:"
    " https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names"
)
_INDEX = re.compile(r"\[(\d+)\]")
_FILTER = re.compile(r"\[\?\(@\.(\w+)==['\"]([^'\"]*)['\"]\)\]")


def table(resource: Resource, bodies: list[Json], metadata: Json, include: str, now: float) -> Json:
    """Print objects as rows."""
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": definitions(resource),
        "rows": [_row(resource, body, include, now) for body in bodies],
    }


def definitions(resource: Resource) -> list[Json]:
    """Describe the columns of a resource."""
    if resource.custom:
        return [_NAME, *(_definition(column) for column in resource.columns)]
    return [
        _NAME if name == "Name" and not priority else _definition(Column(name, kind, "", priority=priority))
        for name, kind, priority in printers.columns(resource)
    ]


_NAME = {"name": "Name", "type": "string", "format": "name", "description": _NAME_TEXT, "priority": 0}


def _definition(column: Column) -> Json:
    path = f"Custom resource definition column (in JSONPath format): {column.path}" if column.path else ""
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": column.description or path,
        "priority": column.priority,
    }


def _row(resource: Resource, body: Json, include: str, now: float) -> Json:
    if resource.custom:
        cells = [body["metadata"]["name"], *(_cell(body, column, now) for column in resource.columns)]
    else:
        cells = printers.cells(resource, conversion.kept(resource, body), now)
    shown = {"None": None, "Object": body}.get(include, partial_object(body))
    return {"cells": cells, "object": shown}


def _cell(body: Json, column: Column, now: float) -> Any:
    value = _lookup(body, column.path)
    if value is None:
        return None
    if column.type == "date":
        return since(str(value), now)
    return value if column.type in ("integer", "number", "boolean") else str(value)


def _lookup(body: Json, path: str) -> Any:
    path = _FILTER.sub(lambda found: f".?{found[1]}={found[2]}", path)
    path = _INDEX.sub(r".\1", path)
    value: Any = body
    for part in path.strip("{}").lstrip(".").split("."):
        if part.startswith("?"):
            key, _, wanted = part[1:].partition("=")
            value = next((item for item in value if item.get(key) == wanted), None) if value else None
        elif part.isdigit() and isinstance(value, list):
            value = value[int(part)] if int(part) < len(value) else None
        else:
            value = value.get(part) if isinstance(value, dict) else None
    return value
