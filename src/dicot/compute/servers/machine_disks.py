"""The disks of a machine as it is: which it boots from, and what that one is made of. Pure."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

_LAST = 1_000_000


def disks(vm: Json) -> list[Json]:
    """Return the disks of a machine, in its own order."""
    devices = vm["spec"]["template"]["spec"].get("domain", {}).get("devices") or {}
    return list(devices.get("disks") or ())


def root(vm: Json) -> Json | None:
    """Return the disk that a machine boots from first; None if it has no disk."""
    return min(disks(vm), key=lambda disk: disk.get("bootOrder", _LAST), default=None)


def volume(vm: Json, name: str) -> Json:
    """Return what stands behind the disk of this name; empty if nothing does."""
    volumes = vm["spec"]["template"]["spec"].get("volumes") or ()
    return next((one for one in volumes if one["name"] == name), {})


def root_template(vm: Json) -> Json | None:
    """Return the dataVolumeTemplate of the root disk: None if that is a volume, or none of a template."""
    first = root(vm)
    source = volume(vm, first["name"]).get("dataVolume") or {} if first is not None else {}
    templates = vm["spec"].get("dataVolumeTemplates") or ()
    return next((one for one in templates if one["metadata"]["name"] == source.get("name")), None)
