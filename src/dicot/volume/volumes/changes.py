"""Every microversion that changed the shape of volumes, newest first."""

from __future__ import annotations

from typing import Any

from dicot.api.microversion import Change, History, drop, without
from dicot.volume.volumes import schema

Json = dict[str, Any]


def _loose(body: Json) -> None:
    body["properties"]["volume"]["additionalProperties"] = True


def _any_update(body: Json) -> None:
    del body["properties"]["volume"]["anyOf"]


def _locked(view: Json) -> None:
    if view.get("shared_targets", False) is None:
        view["shared_targets"] = True


HISTORY = History(
    {
        "create": schema.CREATE,
        "update": schema.UPDATE,
        "metadata": schema.METADATA_BODY,
        "meta": schema.META_BODY,
        "extend": schema.EXTEND,
        "set_bootable": schema.SET_BOOTABLE,
        "update_readonly_flag": schema.READONLY,
        "upload_image": schema.UPLOAD_IMAGE,
        "retype": schema.RETYPE,
        "reset_status": schema.RESET_STATUS,
        "force_delete": schema.FORCE_DELETE,
        "show_image_metadata": schema.SHOW_IMAGE_METADATA,
        "set_image_metadata": schema.SET_IMAGE_METADATA,
        "unset_image_metadata": schema.UNSET_IMAGE_METADATA,
    },
    Change("3.69", "Shared targets may be null: always lock.", volume=_locked),
    Change("3.65", "Whether it counts against the quota.", volume=drop("consumes_quota")),
    Change("3.63", "The id of the volume type.", volume=drop("volume_type_id")),
    Change("3.61", "The cluster that serves it, for administrators.", volume=drop("cluster_name")),
    Change("3.53", "Unknown fields are refused; an update must change something.", create=_loose, update=_any_update),
    Change("3.48", "How the storage shares its targets.", volume=drop("shared_targets", "service_uuid")),
    Change("3.47", "A volume from a backup.", create=without("backup_id", at="volume")),
    Change("3.21", "The storage's own name, for administrators.", volume=drop("provider_id")),
    Change("3.13", "Groups.", create=without("group_id", at="volume"), volume=drop("group_id")),
    Change(
        "3.1",
        "Who may see the image made of a volume, and whether it is protected.",
        upload_image=without("visibility", "protected", at="os-volume_upload_image"),
    ),
)
