"""Kubernetes -> OpenStack for a server's volumes, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names

Json = dict[str, Any]


def attachment(server_id: str, volume_id: str, disk: Json, *, device: str, dies: bool) -> Json:
    """Describe a volume of a server. `disk`: the machine's disk of that volume."""
    return {
        "volumeId": volume_id,
        "serverId": server_id,
        "device": device,
        "tag": disk.get("tag"),
        "delete_on_termination": dies,
        "attachment_id": names.derived_id("attachment", volume_id, server_id),
        "bdm_uuid": names.derived_id("block-device", volume_id, server_id),
    }


def created(server_id: str, volume_id: str, *, device: str, tag: str | None, dies: bool) -> Json:
    """Answer an attachment, as versions before 2.101 did."""
    return {
        "id": volume_id,
        "serverId": server_id,
        "volumeId": volume_id,
        "device": device,
        "tag": tag,
        "delete_on_termination": dies,
    }


def device(vm: Json, vmi: Json | None, name: str) -> str:
    """Name a disk's device as the guest sees it, or as it would by the order of the machine's disks."""
    for status in ((vmi or {}).get("status") or {}).get("volumeStatus") or ():
        if status["name"] == name and status.get("target"):
            return f"/dev/{status['target']}"
    counts: dict[str, int] = {}
    for disk in disks(vm):
        prefix = "vd" if bus(disk) == "virtio" else "sd"
        counts[prefix] = counts.get(prefix, 0) + 1
        if disk["name"] == name:
            return f"/dev/{prefix}{_letters(counts[prefix])}"
    return f"/dev/vd{_letters(counts.get('vd', 0) + 1)}"


def _letters(number: int) -> str:
    """Count as Linux names disks: a, b, ... z, aa."""
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("a") + rest) + text
    return text


def disks(vm: Json) -> list[Json]:
    """Return the disks of a machine's template."""
    devices = vm["spec"]["template"]["spec"].get("domain", {}).get("devices") or {}
    found: list[Json] = devices.get("disks") or []
    return found


def bus(disk: Json) -> str:
    """Return the bus of a disk; "" if it names none."""
    return next((disk[kind].get("bus", "") for kind in ("disk", "lun", "cdrom") if kind in disk), "")
