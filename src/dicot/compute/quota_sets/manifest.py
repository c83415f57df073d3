"""OpenStack -> Kubernetes for quota sets. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.compute import quota

Json = dict[str, Any]


def limited(limits: dict[str, int]) -> Json:
    """Change limits of a project's ResourceQuota; -1 says that there is none, whatever the default is."""
    annotations: dict[str, str | None] = {f"{quota.PREFIX}{name}": str(limit) for name, limit in limits.items()}
    change: Json = {"metadata": {"annotations": annotations}}
    if "instances" in limits:
        counted = limits["instances"] != quota.UNLIMITED
        change["spec"] = {"hard": {quota.SERVERS: str(limits["instances"]) if counted else None}}
        annotations[f"{quota.PREFIX}instances"] = None if counted else str(quota.UNLIMITED)
    return change


def defaults(limits: dict[str, int]) -> Json:
    """Change the limits of projects without their own; -1 takes one away."""
    told = {name: str(limit) if limit != quota.UNLIMITED else None for name, limit in limits.items()}
    return {"metadata": {"annotations": {f"{quota.PREFIX}{name}": text for name, text in told.items()}}}


def resource_quota(name: str, change: Json) -> Json:
    """Write a new ResourceQuota that says what a change would say."""
    hard = (change.get("spec") or {}).get("hard") or {}
    annotations = {key: text for key, text in change["metadata"]["annotations"].items() if text is not None}
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": name, "labels": names.MANAGED_BY, "annotations": annotations},
        "spec": {"hard": {key: most for key, most in hard.items() if most is not None}},
    }
