"""The life of a PersistentVolumeClaim and its volume, as stages: provisioning, binding, growth, the end.

Pure; the bytes are made by the disks.
"""

from datetime import datetime

from dicot.devcluster.controllers.cdi import manifest
from dicot.devcluster.controllers.kubevirt.pod import SELECTED_NODE
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    annotations,
    deleting,
    name_of,
    namespace_of,
    size_bytes,
    uid_of,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Patch, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    PERSISTENT_VOLUME_CLAIMS,
    PERSISTENT_VOLUMES,
    STORAGE_CLASSES,
    VOLUME_SNAPSHOTS,
)

PROVISIONER = "volume.kubernetes.io/storage-provisioner"
BOUND_NOTES = {"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}


def _class_of(claim: Json, world: World) -> Json | None:
    return world.get(STORAGE_CLASSES, claim["spec"].get("storageClassName") or "")


def _released(volume: Json, world: World) -> bool:
    """Say whether the claim that the volume was made for is gone."""
    reference = volume["spec"].get("claimRef") or {}
    claim = world.get(PERSISTENT_VOLUME_CLAIMS, reference.get("name", ""), reference.get("namespace", ""))
    gone = claim is None or uid_of(claim) != reference.get("uid")
    return not deleting(volume) and bool(reference) and gone and phase(volume) != "Released"


def _reclaim(volume: Json, _world: World, _now: datetime) -> list[Effect]:
    uid = volume["spec"]["claimRef"]["uid"]
    if volume["spec"].get("persistentVolumeReclaimPolicy") != "Delete":
        return status({"phase": "Released"})

    async def remove(machinery: Machinery) -> None:
        await machinery.disks.remove(uid)

    return [Delete(PERSISTENT_VOLUMES, name_of(volume), "", uid_of(volume)), Run(remove)]


def _may_bind(claim: Json, world: World) -> bool:
    if deleting(claim) or phase(claim) not in ("", "Pending"):
        return False
    storage_class = _class_of(claim, world)
    if storage_class is None or not _source_ready(claim, world):
        return False
    if storage_class.get("volumeBindingMode") != "WaitForFirstConsumer":
        return True
    notes = annotations(claim)
    return SELECTED_NODE in notes or manifest.IMMEDIATE in notes


def _source(claim: Json, world: World) -> Json | None:
    reference = claim["spec"].get("dataSource") or claim["spec"].get("dataSourceRef") or {}
    kinds = {"VolumeSnapshot": VOLUME_SNAPSHOTS, "PersistentVolumeClaim": PERSISTENT_VOLUME_CLAIMS}
    kind = kinds.get(reference.get("kind", ""))
    return world.get(kind, reference["name"], namespace_of(claim)) if kind is not None else None


def _source_ready(claim: Json, world: World) -> bool:
    if not (claim["spec"].get("dataSource") or claim["spec"].get("dataSourceRef")):
        return True
    found = _source(claim, world)
    return found is not None and (phase(found) == "Bound" or bool((found.get("status") or {}).get("readyToUse")))


def _unclaimed(claim: Json, world: World) -> bool:
    return _may_bind(claim, world) and PROVISIONER not in annotations(claim)


def _announce(claim: Json, world: World, _now: datetime) -> list[Effect]:
    """Name the provisioner that shall make the volume, as the binder does before it waits for it."""
    storage_class = _class_of(claim, world)
    if storage_class is None:
        return []
    provisioner = storage_class["provisioner"]
    notes = {PROVISIONER: provisioner, f"volume.beta.{PROVISIONER.removeprefix('volume.')}": provisioner}
    event = Event("ExternalProvisioning", waiting_text(provisioner), component="persistentvolume-controller")
    return [Change({"metadata": {"annotations": notes}}), event]


def waiting_text(provisioner: str) -> str:
    """Say that a volume is waited for, in the words that CDI repeats in a DataVolume's condition."""
    return (
        f"Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the "
        "system administrator. If volume creation is delayed, please verify that the provisioner is running and "
        "correctly registered."
    )


def _bind(claim: Json, world: World, _now: datetime) -> list[Effect]:
    storage_class = _class_of(claim, world)
    if storage_class is None:
        return []
    volume = manifest.persistent_volume(claim, storage_class)
    capacity = {"storage": claim["spec"]["resources"]["requests"]["storage"]}
    uid, size, source = uid_of(claim), manifest.usable_bytes(claim, world), _source(claim, world)
    source_uid = uid_of(source) if source is not None else None

    async def fill(machinery: Machinery) -> None:
        if source_uid is not None and not machinery.disks.exists(uid):
            await machinery.disks.clone(source_uid, uid, size)
        await machinery.disks.blank(uid, size)

    return [
        Create(PERSISTENT_VOLUMES, volume, status={"phase": "Bound"}),
        Run(fill),
        Change({"metadata": {"annotations": BOUND_NOTES}, "spec": {"volumeName": name_of(volume)}}),
        *status({"phase": "Bound", "accessModes": claim["spec"]["accessModes"], "capacity": capacity}),
    ]


def _shall_grow(claim: Json, world: World) -> bool:
    if deleting(claim) or phase(claim) != "Bound":
        return False
    capacity = (claim.get("status") or {}).get("capacity", {}).get("storage", "0")
    storage_class = _class_of(claim, world)
    allowed = storage_class is not None and storage_class.get("allowVolumeExpansion")
    return bool(allowed) and size_bytes(claim["spec"]["resources"]["requests"]["storage"]) > size_bytes(capacity)


def _resizing(claim: Json) -> bool:
    return any(one["type"] == "Resizing" for one in (claim.get("status") or {}).get("conditions") or [])


def _begin_to_grow(_claim: Json, _world: World, now: datetime) -> list[Effect]:
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    new = {"type": "Resizing", "status": "True", "lastProbeTime": None, "lastTransitionTime": at}
    return status({"conditions": [new]})


def _grow(claim: Json, world: World, _now: datetime) -> list[Effect]:
    asked = claim["spec"]["resources"]["requests"]["storage"]
    uid = uid_of(claim)
    new = {**claim, "status": {**claim["status"], "capacity": {"storage": asked}}}
    size = manifest.usable_bytes(new, world)

    async def lengthen(machinery: Machinery) -> None:
        await machinery.disks.grow(uid, size)

    volume = Patch(
        PERSISTENT_VOLUMES, claim["spec"].get("volumeName", ""), "", {"spec": {"capacity": {"storage": asked}}}
    )
    return [Run(lengthen), volume, *status({"capacity": {"storage": asked}, "conditions": None})]


STAGES: Stages = (
    Stage("unprovisioned: name who shall provision it", _unclaimed, _announce),
    Stage("unprovisioned: provision and bind it", _may_bind, _bind, after_s=0.05),
    Stage("asks for more: begin to grow", lambda c, w: _shall_grow(c, w) and not _resizing(c), _begin_to_grow),
    Stage("grows", lambda c, w: _shall_grow(c, w) and _resizing(c), _grow, after_s=0.2),
)
VOLUME_STAGES: Stages = (Stage("its claim is gone: reclaim it", _released, _reclaim, after_s=0.05),)
