"""Kubernetes -> OpenStack for snapshots, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.volume import spelling, times
from dicot.volume.snapshots.record import Snapshot
from dicot.volume.snapshots.status import status

Json = dict[str, Any]


def brief(snapshot: Snapshot) -> Json:
    """Describe a snapshot as the list without details does."""
    facts = names.annotations_of(snapshot.snapshot)
    return {
        "id": snapshot.id,
        "created_at": times.created(snapshot.snapshot),
        "updated_at": times.updated(snapshot.snapshot),
        "name": names.given_name(snapshot.snapshot, "snapshot"),
        "description": facts.get(names.DESCRIPTION),
        "volume_id": snapshot.volume_id,
        "status": status(snapshot.snapshot),
        "size": snapshot.size_gib,
        "metadata": spelling.texts(snapshot.snapshot, spelling.METADATA),
    }


def snapshot(snapshot: Snapshot) -> Json:
    """Describe a snapshot in full, but for what only `show` and `detail` tell (`seen`)."""
    return {
        **brief(snapshot),
        "group_snapshot_id": None,
        "user_id": names.annotations_of(snapshot.snapshot).get(spelling.USER, ""),
        "consumes_quota": True,
    }


def seen(snapshot: Snapshot, project_id: str) -> Json:
    """Describe what `show` and `detail` add."""
    return {
        "os-extended-snapshot-attributes:project_id": project_id,
        "os-extended-snapshot-attributes:progress": "100%" if status(snapshot.snapshot) == "available" else "0%",
    }
