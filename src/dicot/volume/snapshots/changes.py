"""Every microversion that changed the shape of snapshots, newest first."""

from __future__ import annotations

from dicot.api.microversion import Change, History, drop
from dicot.volume.snapshots import schema

HISTORY = History(
    {
        "create": schema.CREATE,
        "update": schema.UPDATE,
        "metadata": schema.METADATA_BODY,
        "meta": schema.META_BODY,
        "reset_status": schema.RESET_STATUS,
        "force_delete": schema.FORCE_DELETE,
    },
    Change("3.65", "Whether it counts against the quota.", snapshot=drop("consumes_quota")),
    Change("3.41", "Who made it.", snapshot=drop("user_id")),
    Change("3.14", "Snapshots of groups.", snapshot=drop("group_snapshot_id")),
)
