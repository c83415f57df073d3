"""Built-in kinds that are kept as another version's: events.k8s.io as core events, old autoscalers as new ones. Pure.

A conversion makes a new object; what it is given is not changed.
"""

from collections.abc import Callable
from typing import Any

from dicot.devcluster.apiserver.resources import Resource

Json = dict[str, Any]

# events.k8s.io/v1 to v1, as pkg/apis/events/v1/conversion.go and pkg/apis/core/v1 spell them.
_EVENT_FIELDS = {
    "regarding": "involvedObject",
    "note": "message",
    "reportingController": "reportingComponent",
    "deprecatedSource": "source",
    "deprecatedFirstTimestamp": "firstTimestamp",
    "deprecatedLastTimestamp": "lastTimestamp",
    "deprecatedCount": "count",
}
_EVENT_FIELDS_BACK = {kept: shown for shown, kept in _EVENT_FIELDS.items()}


def kept(resource: Resource, body: Json) -> Json:
    """Return an object as it is kept."""
    convert = _KEPT.get(resource.api_version)
    if resource.kept_as is None or convert is None or body.get("apiVersion") == resource.stored_api_version:
        return body
    return convert({**body, "apiVersion": resource.stored_api_version})


def shown(resource: Resource, body: Json) -> Json:
    """Return a kept object as a resource's version spells it."""
    convert = _SHOWN.get(resource.api_version)
    if body.get("apiVersion") == resource.api_version:
        return body
    body = {**body, "apiVersion": resource.api_version}
    return convert(body) if convert is not None and resource.kept_as is not None else body


def kept_field(resource: Resource, path: str) -> str:
    """Return where a field that a selector names is kept."""
    if resource.group != "events.k8s.io":
        return path
    head, dot, rest = path.partition(".")
    return f"{_EVENT_FIELDS.get(head, head)}{dot}{rest}"


def _renamed(body: Json, names: dict[str, str]) -> Json:
    return {names.get(key, key): value for key, value in body.items()}


def _kept_autoscaler(body: Json) -> Json:
    spec = dict(body.get("spec") or {})
    percentage = spec.pop("targetCPUUtilizationPercentage", None)
    if percentage is not None:
        target = {"type": "Utilization", "averageUtilization": percentage}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    return {**body, "spec": spec}


def _shown_autoscaler(body: Json) -> Json:
    spec = dict(body.get("spec") or {})
    for metric in spec.pop("metrics", None) or ():
        of = metric.get("resource") or {}
        if of.get("name") == "cpu" and "averageUtilization" in (of.get("target") or {}):
            spec["targetCPUUtilizationPercentage"] = of["target"]["averageUtilization"]
    return {**body, "spec": spec}


_KEPT: dict[str, Callable[[Json], Json]] = {
    "events.k8s.io/v1": lambda body: _renamed(body, _EVENT_FIELDS),
    "autoscaling/v1": _kept_autoscaler,
}
_SHOWN: dict[str, Callable[[Json], Json]] = {
    "events.k8s.io/v1": lambda body: _renamed(body, _EVENT_FIELDS_BACK),
    "autoscaling/v1": _shown_autoscaler,
}
