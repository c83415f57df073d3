"""OpenStack -> Kubernetes for quota sets. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.compute import quota

Json = dict[str, Any]


def limited(limits: dict[str, int]) -> Json:
    """Change limits of a ResourceQuota; -1 takes one away."""
    told = {name: str(limit) if limit != quota.UNLIMITED else None for name, limit in limits.items()}
    annotations = {f"{quota.PREFIX}{name}": text for name, text in told.items() if name != "instances"}
    change: Json = {"metadata": {"annotations": annotations}} if annotations else {}
    if "instances" in told:
        change["spec"] = {"hard": {quota.SERVERS: told["instances"]}}
    return change


def resource_quota(limits: dict[str, int]) -> Json:
    """Write a new ResourceQuota with these limits."""
    change = limited({name: limit for name, limit in limits.items() if limit != quota.UNLIMITED})
    return {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": quota.OBJECT, "labels": names.MANAGED_BY, **change.get("metadata", {})},
        "spec": change.get("spec", {}),
    }
