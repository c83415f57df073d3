"""Kubernetes -> OpenStack for volume types. Pure."""

from __future__ import annotations

from typing import Any

from dicot.volume.types.record import VolumeType

Json = dict[str, Any]


def extra_specs(kind: VolumeType, *, sensitive: bool) -> dict[str, str]:
    """Spell what a type can do as extra specs; what stands behind it is for administrators."""
    specs = {"multiattach": "<is> True"} if kind.multiattach else {}
    if kind.zones:
        specs["RESKEY:availability_zones"] = ",".join(kind.zones)
    if sensitive:
        specs["provisioner"] = kind.storage_class.get("provisioner", "")
        specs["volumeBindingMode"] = kind.storage_class.get("volumeBindingMode", "Immediate")
    return specs


def volume_type(kind: VolumeType, *, sensitive: bool) -> Json:
    """Describe a type."""
    described: Json = {
        "id": kind.id,
        "name": kind.name,
        "is_public": True,
        "description": kind.description,
        "extra_specs": extra_specs(kind, sensitive=sensitive),
    }
    if sensitive:
        described["qos_specs_id"] = None
    return described


def public(described: Json) -> Json:
    """Add what Cinder's access extension adds to it in lists, and for everything but the default."""
    return {**described, "os-volume-type-access:is_public": True}
