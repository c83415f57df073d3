"""Snapshots: CSI VolumeSnapshots.

| Snapshot | VolumeSnapshot |
|---|---|
| id | label `dicot.io/snapshot-id`, else `metadata.uid` |
| name, description, metadata | annotations, as of volumes |
| volume_id | the claim in `spec.source`; annotation `dicot.io/source-volume-id` when that is gone |
| size | annotation `dicot.io/size-gib`, else `status.restoreSize` |
| status | `status.readyToUse`, `status.error` |
| the class | what CDI's StorageProfile names, else the default of the storage |
| group_snapshot_id | never |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.volume import metadata
from dicot.volume.snapshots import handlers
from dicot.volume.snapshots.changes import HISTORY

_ONE = "/snapshots/{snapshot_id}"
_KEEPER = metadata.Keeper(noun="Snapshot", param="snapshot_id", find=handlers.found)

ROUTES = (
    Route(method="GET", path="/snapshots", handler=handlers.index, policy="volume:get_all_snapshots"),
    Route(
        method="GET",
        path="/snapshots/detail",
        handler=handlers.detail,
        policy="volume:get_all_snapshots",
        history=HISTORY,
        view="snapshot",
        key="snapshots",
    ),
    Route(
        method="POST",
        path="/snapshots",
        handler=handlers.create,
        policy="volume:create_snapshot",
        history=HISTORY,
        body="create",
        view="snapshot",
        key="snapshot",
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy="volume:get_snapshot",
        history=HISTORY,
        view="snapshot",
        key="snapshot",
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=handlers.update,
        policy="volume:update_snapshot",
        history=HISTORY,
        body="update",
        view="snapshot",
        key="snapshot",
    ),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy="volume:delete_snapshot"),
    Route(
        method="POST",
        path=f"{_ONE}/action",
        handler=handlers.reset_status,
        action="os-reset_status",
        policy="volume_extension:snapshot_admin_actions:reset_status",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="reset_status",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/action",
        handler=handlers.force_delete,
        action="os-force_delete",
        policy="volume_extension:snapshot_admin_actions:force_delete",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="force_delete",
    ),
    *metadata.routes(_KEEPER, "snapshots", "snapshot", HISTORY),
)
