"""Volumes: PersistentVolumeClaims, made through CDI DataVolumes.

| Volume | Claim (annotations are copied from its DataVolume) |
|---|---|
| id | label `dicot.io/volume-id`, else `metadata.uid` |
| name, description | annotations `dicot.io/name` (kubectl's: `metadata.name`), `dicot.io/description` |
| size | annotation `dicot.io/size-gib`, at least what is requested now without CDI's file system overhead |
| status | `status.py` |
| volume_type | `spec.storageClassName` |
| imageRef, snapshot_id, source_volid | `sourceRef`, `source.snapshot`, `source.pvc` of the DataVolume; annotations |
| metadata, volume_image_metadata | annotations `dicot.io/metadata`, `dicot.io/image-metadata` (JSON) |
| bootable, readonly | annotations `dicot.io/bootable`, `dicot.io/readonly` |
| multiattach | annotation `dicot.io/multiattach` (of the StorageClass at creation), on a ReadWriteMany block claim |
| attachments | the virtual machines whose specification names the claim |
| reserved | annotation `dicot.io/attached-to` (see `dicot.volume.claims`) |
| availability_zone, user_id | annotations |
| encrypted, groups, replication | never |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.volume import metadata
from dicot.volume.types.facts import default_type
from dicot.volume.volumes import actions, facts, handlers, uploading
from dicot.volume.volumes.changes import HISTORY
from dicot.volume.volumes.facts import find
from dicot.volume.volumes.growth import expandable, grow
from dicot.volume.volumes.manifest import BLANK, data_volume, described, of_image, of_snapshot, of_volume

__all__ = [
    "BLANK",
    "ROUTES",
    "data_volume",
    "default_type",
    "described",
    "expandable",
    "find",
    "grow",
    "of_image",
    "of_snapshot",
    "of_volume",
]

_ONE = "/volumes/{volume_id}"
_KEEPER = metadata.Keeper(noun="Volume", param="volume_id", find=facts.settled)
_EXTENSION = "volume_extension"


def _action(key: str, handler: Handler, body: str, name: str, rule: Rule | None = None) -> Route:
    return Route(
        method="POST",
        path=f"{_ONE}/action",
        handler=handler,
        action=key,
        policy=name,
        rule=rule,
        history=HISTORY,
        body=body,
    )


_ACTIONS = (
    _action("os-extend", actions.extend, "extend", "volume:extend"),
    _action("os-set_bootable", actions.set_bootable, "set_bootable", f"{_EXTENSION}:volume_actions:set_bootable"),
    _action(
        "os-update_readonly_flag",
        actions.update_readonly_flag,
        "update_readonly_flag",
        f"{_EXTENSION}:volume_actions:update_readonly_flag",
    ),
    _action(uploading.KEY, uploading.upload_image, "upload_image", f"{_EXTENSION}:volume_actions:upload_image"),
    _action("os-retype", actions.retype, "retype", "volume:retype"),
    _action(
        "os-reset_status",
        actions.reset_status,
        "reset_status",
        f"{_EXTENSION}:volume_admin_actions:reset_status",
        policy.cloud_admin,
    ),
    _action(
        "os-force_delete",
        actions.force_delete,
        "force_delete",
        f"{_EXTENSION}:volume_admin_actions:force_delete",
        policy.cloud_admin,
    ),
    _action(
        "os-show_image_metadata",
        actions.show_image_metadata,
        "show_image_metadata",
        f"{_EXTENSION}:volume_image_metadata:show",
        policy.reader,
    ),
    _action(
        "os-set_image_metadata",
        actions.set_image_metadata,
        "set_image_metadata",
        f"{_EXTENSION}:volume_image_metadata:set",
    ),
    _action(
        "os-unset_image_metadata",
        actions.unset_image_metadata,
        "unset_image_metadata",
        f"{_EXTENSION}:volume_image_metadata:remove",
    ),
    *(
        Route(
            method="POST",
            path=f"{_ONE}/action",
            handler=actions.refuse,
            action=key,
            policy=name,
            rule=policy.cloud_admin if key in actions.ADMIN_ONLY else None,
            since=actions.SINCE.get(key, ""),
        )
        for key, (name, _) in actions.REFUSED.items()
    ),
)

ROUTES = (
    Route(method="GET", path="/volumes", handler=handlers.index, policy="volume:get_all"),
    Route(
        method="GET",
        path="/volumes/detail",
        handler=handlers.detail,
        policy="volume:get_all",
        history=HISTORY,
        view="volume",
        key="volumes",
    ),
    Route(method="GET", path="/volumes/summary", handler=handlers.summary, policy="volume:get_all", since="3.12"),
    Route(
        method="POST",
        path="/volumes",
        handler=handlers.create,
        policy="volume:create",
        history=HISTORY,
        body="create",
        view="volume",
        key="volume",
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy="volume:get",
        history=HISTORY,
        view="volume",
        key="volume",
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=handlers.update,
        policy="volume:update",
        history=HISTORY,
        body="update",
        view="volume",
        key="volume",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/encryption",
        handler=handlers.encryption,
        policy=f"{_EXTENSION}:volume_encryption_metadata",
    ),
    Route(method="DELETE", path=_ONE, handler=handlers.delete, policy="volume:delete"),
    *_ACTIONS,
    *metadata.routes(_KEEPER, "volumes", "volume", HISTORY),
)
