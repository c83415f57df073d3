"""`Table`: what `kubectl get` prints. Columns come from the CRD's additionalPrinterColumns, or name and age."""

import re
from datetime import datetime
from typing import Any

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
        "columnDefinitions": [_NAME, *(_definition(column) for column in resource.columns)],
        "rows": [_row(resource, body, include, now) for body in bodies],
    }


_NAME = {"name": "Name", "type": "string", "format": "name", "description": _NAME_TEXT, "priority": 0}


def _definition(column: Column) -> Json:
    text = column.description or f"Custom resource definition column (in JSONPath format): {column.path}"
    return {
        "name": column.name,
        "type": column.type,
        "format": column.format,
        "description": text,
        "priority": column.priority,
    }


def _row(resource: Resource, body: Json, include: str, now: float) -> Json:
    cells = [body["metadata"]["name"], *(_cell(body, column, now) for column in resource.columns)]
    shown = {"None": None, "Object": body}.get(include, partial_object(body))
    return {"cells": cells, "object": shown}


def _cell(body: Json, column: Column, now: float) -> Any:
    value = _lookup(body, column.path)
    if value is None:
        return None
    if column.type == "date":
        then = datetime.fromisoformat(str(value).replace("Z", "+00:00")).timestamp()
        return age(now - then)
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


def age(seconds: float) -> str:
    """Spell a duration as apimachinery's HumanDuration does."""
    whole = max(0, int(seconds))
    if whole < 120:
        return f"{whole}s"
    minutes = whole // 60
    if minutes < 10:
        return f"{minutes}m{whole % 60}s" if whole % 60 else f"{minutes}m"
    if minutes < 180:
        return f"{minutes}m"
    hours = minutes // 60
    if hours < 8:
        return f"{hours}h{minutes % 60}m" if minutes % 60 else f"{hours}h"
    if hours < 48:
        return f"{hours}h"
    days = hours // 24
    if days < 8:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    return f"{days}d" if days < 730 else f"{days // 365}y"
