"""What is known of one snapshot, as data. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

Json = dict[str, Any]

TYPE = "dicot.io/volume-type"
"""Annotation: the type of the volume, which may be gone before its snapshot."""


class Snapshot(msgspec.Struct, frozen=True):
    """A snapshot as Kubernetes knows it; `volume_id` also if the volume is gone."""

    id: str
    snapshot: Json
    volume_id: str
    type_name: str | None
    size_gib: int
    zone: str

    @property
    def namespace(self) -> str:
        """Return the project's namespace."""
        return str(self.snapshot["metadata"]["namespace"])
