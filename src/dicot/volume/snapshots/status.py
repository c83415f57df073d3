"""The status of a snapshot: one table, evaluated from the top. Pure."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def status(snapshot: Json) -> str:
    """Tell the status of a VolumeSnapshot: an error may pass, as the snapshotter tries again."""
    state = snapshot.get("status") or {}
    if "deletionTimestamp" in snapshot["metadata"]:
        return "deleting"
    if state.get("readyToUse"):
        return "available"
    return "error" if state.get("error") else "creating"
