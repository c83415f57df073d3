"""What a VirtualMachineExport exports: which claims, whether they can be read now, and what its conditions say.

Pure.
"""

from typing import Any

import msgspec

from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.storage import restored, snapshot
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, phase, template_spec
from dicot.devcluster.controllers.objects import annotations, controller_of, name_of, namespace_of, owner_reference
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    DATA_VOLUMES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VM_EXPORTS,
    VM_SNAPSHOTS,
)

CONTENT_TYPE = "cdi.kubevirt.io/storage.contentType"
Source = tuple[str, bool, str, str]
INITIALIZING = ("Initializing", "")


class Judged(msgspec.Struct, frozen=True):
    """What becomes of an export; `ready` and `source` are the reasons and messages of its two conditions."""

    claims: tuple[str, ...] = ()
    available: bool = False
    ready: tuple[str, str] = INITIALIZING
    source: Source | None = None
    phase: str = "Pending"
    machine: str | None = None
    wanted: tuple[Json, ...] = ()
    prefix: str = ""


def in_use(claim: str, namespace: str, world: World) -> bool:
    """Say whether a running machine holds the claim."""
    return any(not final(pod) for pod in world.find(PODS, f"claim/{namespace}/{claim}"))


def is_disk(claim: str, namespace: str, world: World) -> bool:
    """Say whether the claim holds one disk image, not files."""
    found = world.get(PERSISTENT_VOLUME_CLAIMS, claim, namespace)
    if found is None:
        return False
    if found["spec"].get("volumeMode") == "Block" or annotations(found).get(CONTENT_TYPE) in ("", "kubevirt"):
        return True
    owner = controller_of(found)
    volume = world.get(DATA_VOLUMES, owner["name"], namespace) if owner and owner["kind"] == "DataVolume" else None
    return volume is not None and volume["spec"].get("contentType", "kubevirt") == "kubevirt"


def populated(claim: Json, world: World) -> bool:
    """Say whether the claim has its bytes."""
    volume = world.get(DATA_VOLUMES, name_of(claim), namespace_of(claim))
    return phase(claim) == "Bound" and (volume is None or phase(volume) == "Succeeded")


def judge(export: Json, world: World) -> Judged:
    """Judge an export by the kind of its source."""
    kind = export["spec"]["source"]["kind"]
    judges: dict[str, Any] = {
        "PersistentVolumeClaim": _claim,
        "VirtualMachine": _machine,
        "VirtualMachineSnapshot": _snapshot,
    }
    result: Judged = judges[kind](export["spec"]["source"]["name"], export, world)
    return result


def _claim(name: str, export: Json, world: World) -> Judged:
    namespace = namespace_of(export)
    found = world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace)
    what = f"PersistentVolumeClaim {namespace}/{name}"
    if found is None:
        return Judged(source=("PVCReady", False, "PVCNotFound", f"{what} not found"))
    bound = phase(found) == "Bound"
    source = ("PVCReady", bound, "PVCBound" if bound else "PVCPending", "")
    if not populated(found, world):
        return Judged((name,), ready=("PVCPending", f"{what} is not populated"), source=source)
    if in_use(name, namespace, world):
        return Judged((name,), ready=("InUse", f"{what} is in use"), source=source)
    return Judged((name,), available=True, source=source)


def _machine(name: str, export: Json, world: World) -> Judged:
    namespace = namespace_of(export)
    vm, what = world.get(VIRTUAL_MACHINES, name, namespace), f"Virtual Machine {namespace}/{name}"
    if vm is None:
        return Judged(ready=("VMNotFound", f"{what} not found"), machine=name, phase="Skipped")
    listed = [claim for one in template_spec(vm).get("volumes") or [] if (claim := claim_of(one)) is not None]
    found = {one: world.get(PERSISTENT_VOLUME_CLAIMS, one, namespace) for one in listed}
    there = tuple(one for one, claim in found.items() if claim is not None)
    if not listed:
        return Judged(ready=("VMNoVolumes", f"{what} has no volumes"), machine=name, phase="Skipped")
    if any(claim is None or not populated(claim, world) for claim in found.values()):
        text = f"Not all volumes in the {what} are populated"
        return Judged(there, ready=("VolumesNotPopulated", text), machine=name)
    vmi = world.get(VIRTUAL_MACHINE_INSTANCES, name, namespace)
    if vmi is not None and not final(vmi):
        return Judged(there, ready=("InUse", f"{what} is running"), machine=name)
    return Judged(there, available=True, machine=name)


def _snapshot(name: str, export: Json, world: World) -> Judged:
    namespace = namespace_of(export)
    found, what = world.get(VM_SNAPSHOTS, name, namespace), f"VirtualMachineSnapshot {namespace}/{name}"
    empty = ("VolumesCreated", False, "VMSnapshotNoVolumes", f"{what} does not contain any volume snapshots")
    if found is None:
        return Judged(ready=("VMSnapshotNotFound", f"{what} not found"), source=empty, phase="Skipped")
    machine, content = found["spec"]["source"]["name"], snapshot.content_of(found, world)
    if not snapshot.ready(found) or content is None:
        text = f"{what} is not ready to use"
        waits = ("VolumesCreated", False, "NotAllPVCsCreated", text)
        return Judged(ready=("NotAllPVCsCreated", text), source=waits, machine=machine)
    bodies = [_restored(one, export, content, world) for one in content["spec"].get("volumeBackups") or []]
    if not bodies:
        return Judged(source=empty, machine=machine, phase="Skipped")
    claims = [world.get(PERSISTENT_VOLUME_CLAIMS, name_of(body), namespace) for body in bodies]
    wanted = tuple(body for body, claim in zip(bodies, claims, strict=True) if claim is None)
    names = tuple(name_of(body) for body in bodies)
    prefix = f"{name_of(export)}-"
    ready = not wanted and all(claim is not None and phase(claim) == "Bound" for claim in claims)
    if not ready:
        waits = ("VolumesCreated", False, "NotAllPVCsReady", "Not all PVCs are ready")
        return Judged(names, source=waits, machine=machine, wanted=wanted, prefix=prefix)
    source = ("VolumesCreated", True, "AllPVCsReady", "")
    return Judged(names, available=True, source=source, machine=machine, prefix=prefix)


def _restored(backup: Json, export: Json, content: Json, world: World) -> Json:
    """Write the claim that one volume of a snapshot is restored into for the export."""
    name = f"{name_of(export)}-{name_of(backup['persistentVolumeClaim'])}"
    body = restored.plain_claim(name, backup, content, world)
    body["metadata"]["annotations"][CONTENT_TYPE] = "kubevirt"
    body["metadata"]["ownerReferences"] = [owner_reference(VM_EXPORTS, export)]
    return body
