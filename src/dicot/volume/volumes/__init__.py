"""Volumes: PersistentVolumeClaims, made through CDI DataVolumes."""

from __future__ import annotations

from dicot.volume.types.facts import default_type
from dicot.volume.volumes.facts import find
from dicot.volume.volumes.manifest import BLANK, data_volume, described, of_image, of_snapshot, of_volume

__all__ = ["BLANK", "data_volume", "default_type", "described", "find", "of_image", "of_snapshot", "of_volume"]
