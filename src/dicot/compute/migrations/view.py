"""Kubernetes -> Nova for migrations. Pure."""

from __future__ import annotations

import zlib
from typing import Any

import msgspec

from dicot import names
from dicot.compute.servers import marks

Json = dict[str, Any]

STATUS = {
    "": "queued",
    "Pending": "queued",
    "Scheduling": "preparing",
    "Scheduled": "preparing",
    "PreparingTarget": "preparing",
    "TargetReady": "preparing",
    "WaitingForSync": "preparing",
    "Synchronizing": "preparing",
    "Running": "running",
    "Succeeded": "completed",
}
"""Nova's word for each phase; of one that has failed see `status`."""
UNDER_WAY = frozenset({"queued", "preparing", "running"})
_ABORTED = "migrationAbortRequested"


class Row(msgspec.Struct, frozen=True):
    """One migration, and what the caches know of its server and the nodes it is between."""

    job: Json
    state: Json
    """The instance's migrationState while it tells of this migration, which takes it over when it has ended."""
    server_id: str
    project_id: str
    dest_host: str | None


def number(job: Json) -> int:
    """Make the number that Nova knows a migration by; two may share one, and then the uuid tells them apart."""
    return (zlib.crc32(job["metadata"]["uid"].encode()) & 0x7FFFFFFF) or 1


def status(job: Json) -> str:
    """Name a migration's state as Nova does."""
    state = job.get("status") or {}
    phase = state.get("phase") or ""
    if phase != "Failed":
        return STATUS.get(phase, "preparing")
    asked = any(one["type"] == _ABORTED and one["status"] == "True" for one in state.get("conditions") or ())
    return "cancelled" if asked else "error"


def created_at(job: Json) -> str:
    """Return when a migration was asked for, in Nova's spelling."""
    return _time(job["metadata"]["creationTimestamp"])


def updated_at(job: Json) -> str:
    """Return when a migration last entered another phase, in Nova's spelling."""
    times = (job.get("status") or {}).get("phaseTransitionTimestamps") or ()
    return _time(max([one["phaseTransitionTimestamp"] for one in times], default=job["metadata"]["creationTimestamp"]))


def _time(stamp: str) -> str:
    return stamp.removesuffix("Z") + ".000000"


def migration(row: Row) -> Json:
    """Describe a migration as the list of all does, without links."""
    job = row.job
    return {
        "id": number(job),
        "uuid": job["metadata"]["uid"],
        "instance_uuid": row.server_id,
        "migration_type": "live-migration",
        "status": status(job),
        **_places(row),
        "new_instance_type_id": None,
        "old_instance_type_id": None,
        "created_at": created_at(job),
        "updated_at": updated_at(job),
        **_owners(row),
    }


def of_server(row: Row) -> Json:
    """Describe a migration as its server's list does; how much is done only KubeVirt's metrics know."""
    job = row.job
    return {
        "id": number(job),
        "uuid": job["metadata"]["uid"],
        "server_uuid": row.server_id,
        "status": status(job),
        **_places(row),
        **{f"{what}_{part}_bytes": None for what in ("disk", "memory") for part in ("processed", "remaining", "total")},
        "created_at": created_at(job),
        "updated_at": updated_at(job),
        **_owners(row),
    }


def _places(row: Row) -> Json:
    source, target = row.state.get("sourceNode") or None, row.state.get("targetNode") or None
    return {
        "source_compute": source,
        "source_node": source,
        "dest_compute": target,
        "dest_node": target,
        "dest_host": row.dest_host,
    }


def _owners(row: Row) -> Json:
    told = names.annotations_of(row.job)
    return {"user_id": told.get(marks.USER_ID, "kubernetes"), "project_id": row.project_id}
