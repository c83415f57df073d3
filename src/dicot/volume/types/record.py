"""What is known of one volume type, as data. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]


class VolumeType(msgspec.Struct, frozen=True):
    """A StorageClass as a volume type. `multiattach`: its annotation offers that, and CDI can make such claims."""

    id: str
    name: str
    storage_class: Json
    multiattach: bool
    known: bool
    """CDI knows how to make claims of it (its StorageProfile says so)."""
    zones: tuple[str, ...]
    snapshot_class: str
    expandable: bool
    description: str | None
