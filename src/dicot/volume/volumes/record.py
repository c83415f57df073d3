"""What is known of one volume, as data: its claim, its DataVolume, who uses it. Pure."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.volume import spelling

Json = dict[str, Any]


class Use(msgspec.Struct, frozen=True):
    """One server that has the volume: in its specification, or (leaving) only in what runs still."""

    server_id: str
    name: str
    vm: Json | None
    vmi: Json | None

    @property
    def reported(self) -> Json:
        """Return what the running machine reports of this volume; empty if nothing."""
        if self.vmi is None:
            return {}
        return next((one for one in spelling.volume_statuses(self.vmi) if one["name"] == self.name), {})


class Volume(msgspec.Struct, frozen=True):
    """A volume as Kubernetes knows it. `claim` is its DataVolume while CDI has not made the claim yet."""

    id: str
    claim: Json
    data_volume: Json | None
    storage_class: Json | None
    uses: tuple[Use, ...]
    snapshots: tuple[Json, ...]
    size_gib: int
    uploads: tuple[Json, ...] = ()
    """DataVolumes of images that are made of it."""

    @property
    def namespace(self) -> str:
        """Return the project's namespace."""
        return str(self.claim["metadata"]["namespace"])

    @property
    def name(self) -> str:
        """Return the claim's Kubernetes name; the DataVolume has the same."""
        return str(self.claim["metadata"]["name"])

    @property
    def promised(self) -> bool:
        """Tell whether the volume is promised to a server that does not name it (yet)."""
        return bool(set(claimants(self.claim)) - {use.server_id for use in self.uses})

    @property
    def multiattach(self) -> bool:
        """Tell whether several servers may have it at once: meant so, and a block device that all nodes write to."""
        spec = self.claim["spec"]
        if not spelling.flag(self.claim, spelling.MULTIATTACH):
            return False
        if self.claim.get("kind") == "DataVolume":
            return True
        return spec.get("volumeMode") == "Block" and "ReadWriteMany" in (spec.get("accessModes") or ())


def claimants(claim: Json) -> tuple[str, ...]:
    """Return the servers that a claim is promised to."""
    return tuple(one for one in names.annotations_of(claim).get(spelling.ATTACHED_TO, "").split(",") if one)
