"""Kubernetes -> OpenStack for volumes, at the newest microversion. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.request import Request
from dicot.volume import links, spelling, times
from dicot.volume.volumes.record import Use, Volume
from dicot.volume.volumes.status import use_state

Json = dict[str, Any]

DEFAULT_ZONE = "nova"


def attachment_id(volume_id: str, server_id: str) -> str:
    """Derive the id of an attachment, which has no object of its own."""
    return names.derived_id("attachment", volume_id, server_id)


def name(volume: Volume) -> str | None:
    """Return the display name; None if the volume was made without one."""
    return names.given_name(volume.claim, "volume")


def brief(request: Request, volume: Volume) -> Json:
    """Name a volume, as the list without details does."""
    return {"id": volume.id, "name": name(volume), "links": links.of(request, "volumes", volume.id)}


def volume(request: Request, volume: Volume, status: str) -> Json:
    """Describe a volume in full, but for what only `show` and `detail` tell (`seen`)."""
    facts = names.annotations_of(volume.claim)
    storage_class = volume.storage_class
    described: Json = {
        "id": volume.id,
        "status": status,
        "size": volume.size_gib,
        "availability_zone": facts.get(spelling.ZONE, DEFAULT_ZONE),
        "created_at": times.created(volume.claim),
        "updated_at": times.updated(volume.claim),
        "name": name(volume),
        "description": facts.get(names.DESCRIPTION),
        "volume_type": type_name(volume),
        "snapshot_id": facts.get(spelling.SNAPSHOT),
        "source_volid": facts.get(spelling.SOURCE_VOLUME),
        "metadata": metadata(volume),
        "links": links.of(request, "volumes", volume.id),
        "user_id": facts.get(spelling.USER, ""),
        "bootable": "true" if spelling.flag(volume.claim, spelling.BOOTABLE) else "false",
        "encrypted": False,
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": volume.multiattach,
        "attachments": attachments(request, volume),
        "group_id": None,
        "shared_targets": False,
        "service_uuid": None,
        "volume_type_id": storage_class["metadata"]["uid"] if storage_class else None,
        "consumes_quota": True,
    }
    if request.caller.cloud_admin:
        described |= {
            "migration_status": None,
            "provider_id": volume.claim["spec"].get("volumeName"),
            "cluster_name": None,
        }
    return described


def seen(request: Request, volume: Volume, project_id: str) -> Json:
    """Describe what `show` and `detail` add: whose it is, what image it was made from, where it is (administrators)."""
    added: Json = {"os-vol-tenant-attr:tenant_id": project_id}
    image = spelling.texts(volume.claim, spelling.IMAGE_METADATA)
    if image:
        added["volume_image_metadata"] = image
    if request.caller.cloud_admin:
        added |= {
            "os-vol-mig-status-attr:migstat": None,
            "os-vol-mig-status-attr:name_id": None,
            "os-vol-host-attr:host": host(volume.storage_class),
        }
    return added


def host(storage_class: Json | None) -> str | None:
    """Name what stores a volume as Cinder does: service@backend#pool."""
    if storage_class is None:
        return None
    backend = storage_class["metadata"]["name"]
    return f"{storage_class.get('provisioner', 'unknown')}@{backend}#{backend}"


def metadata(volume: Volume) -> dict[str, str]:
    """Return the metadata, with the flag that Cinder shows among it once it has been set."""
    own = spelling.texts(volume.claim, spelling.METADATA)
    readonly = names.annotations_of(volume.claim).get(spelling.READONLY)
    return {**own, "readonly": "True" if readonly == "true" else "False"} if readonly else own


def type_name(volume: Volume) -> str | None:
    """Return the name of the volume's type; of a StorageClass that is gone, what the claim says."""
    if volume.storage_class is not None:
        return str(volume.storage_class["metadata"]["name"])
    spec = volume.claim["spec"]
    return spec.get("storageClassName") or (spec.get("storage") or {}).get("storageClassName")


def attachments(request: Request, volume: Volume) -> list[Json]:
    """Describe by which servers the volume is in use; one on its way in is not among them."""
    return [
        {
            "id": volume.id,
            "attachment_id": attachment_id(volume.id, use.server_id),
            "volume_id": volume.id,
            "server_id": use.server_id,
            "host_name": _node(use) if request.caller.cloud_admin else None,
            "device": device(use),
            "attached_at": attached_at(volume, use),
        }
        for use in volume.uses
        if use_state(use) != "attaching"
    ]


def attached_at(volume: Volume, use: Use) -> str | None:
    """Tell since when a server has the volume: since it was promised to it, else since the machine was made."""
    machine = use.vm or use.vmi or volume.claim
    promised = names.annotations_of(volume.claim).get(spelling.ATTACHED_AT)
    return times.stamp(promised or machine["metadata"].get("creationTimestamp"))


def _node(use: Use) -> str | None:
    return (use.vmi or {}).get("status", {}).get("nodeName")


def device(use: Use) -> str:
    """Name the device as the guest sees it; of a machine that does not run, as it would count its disks."""
    target = use.reported.get("target")
    if target:
        return f"/dev/{target}"
    machine = use.vm["spec"].get("template", {}).get("spec", {}) if use.vm else (use.vmi or {}).get("spec", {})
    counts: dict[str, int] = {}
    for disk in machine.get("domain", {}).get("devices", {}).get("disks") or ():
        bus = next((disk[kind].get("bus") for kind in ("disk", "lun", "cdrom") if kind in disk), None)
        prefix = "vd" if bus == "virtio" else "sd"
        counts[prefix] = counts.get(prefix, 0) + 1
        if disk["name"] == use.name:
            return f"/dev/{prefix}{chr(ord('a') + (counts[prefix] - 1) % 26)}"
    return "/dev/sda"


def summary(volumes: list[Volume], *, with_metadata: bool) -> Json:
    """Sum up a project's volumes."""
    told: Json = {"total_count": len(volumes), "total_size": sum(one.size_gib for one in volumes)}
    if with_metadata:
        values: dict[str, set[str]] = {}
        for one in volumes:
            for key, value in spelling.texts(one.claim, spelling.METADATA).items():
                values.setdefault(key, set()).add(value)
        told["metadata"] = {key: sorted(distinct) for key, distinct in sorted(values.items())}
    return {"volume-summary": told}
