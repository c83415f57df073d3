"""OpenStack -> Kubernetes for services: what a change does to a Node. Pure."""

from __future__ import annotations

from typing import Any

from dicot.compute import nodes

Json = dict[str, Any]


def enabled() -> Json:
    """Uncordon; there is no reason any more."""
    return {"spec": {"unschedulable": None}, "metadata": {"annotations": {nodes.DISABLED_REASON: None}}}


def disabled(reason: str | None) -> Json:
    """Cordon, and keep the reason if there is one."""
    return {"spec": {"unschedulable": True}, "metadata": {"annotations": {nodes.DISABLED_REASON: reason}}}


def forced_down(down: bool) -> Json:
    """Say that the host is down, or leave it to Kubernetes to tell."""
    return {"metadata": {"annotations": {nodes.FORCED_DOWN: "true" if down else None}}}


def both(one: Json, other: Json) -> Json:
    """Join two changes into one patch."""
    annotations = {**_annotations(one), **_annotations(other)}
    return {**one, **other, "metadata": {"annotations": annotations}}


def _annotations(change: Json) -> Json:
    return (change.get("metadata") or {}).get("annotations") or {}
