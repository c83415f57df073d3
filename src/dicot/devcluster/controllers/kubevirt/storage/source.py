"""The virtual machine that a snapshot is taken of: whether it can be locked, and what is written down of it.

Pure.
"""

from typing import Any

from dicot.devcluster.controllers.kubevirt import restart, run_strategy
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, claims, phase, template_spec
from dicot.devcluster.controllers.objects import (
    annotations,
    deleting,
    finalizers,
    get_condition,
    is_true,
    name_of,
    namespace_of,
)
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    CONTROLLER_REVISIONS,
    DATA_VOLUMES,
    PERSISTENT_VOLUME_CLAIMS,
    PODS,
    STORAGE_CLASSES,
    STORAGE_PROFILES,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOT_CLASSES,
)

PROTECTION = "snapshot.kubevirt.io/snapshot-source-protection"
DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class"
LOCKED = "Source locked and operation in progress"
UNLOCKED = "Source not locked"
INDICATIONS = {
    "GuestAgent": "Guest agent was active and attempted to quiesce the filesystem for application consistency.",
    "NoGuestAgent": (
        "Guest agent was not available. Snapshot is crash-consistent and may not be application-consistent."
    ),
    "Online": "Snapshot taken while the VM was running. Consistency depends on guest-agent quiescing.",
    "Paused": (
        "Snapshot taken while the VM was paused. Snapshot is crash-consistent and may not be application-consistent."
    ),
    "PartialSnapshot": (
        "Not all snapshotable volumes were included in the snapshot. Check status.snapshotVolumes for excluded volumes "
        "and VM VolumeSnapshotStatus for details."
    ),
}


def of(snapshot: Json, world: World) -> Json | None:
    """Find the machine that the snapshot is of."""
    return world.get(VIRTUAL_MACHINES, snapshot["spec"]["source"]["name"], namespace_of(snapshot))


def instance(vm: Json, world: World) -> Json | None:
    """Find the instance of the machine's name, whoever owns it."""
    return world.get(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm))


def marked(vm: Json) -> str | None:
    """Name the snapshot that holds the machine."""
    return (vm.get("status") or {}).get("snapshotInProgress")


def locked(vm: Json, snapshot: Json) -> bool:
    """Say whether the machine is held for this snapshot."""
    return marked(vm) == name_of(snapshot) and PROTECTION in finalizers(vm)


def obstacle(vm: Json, snapshot: Json, world: World) -> str | None:
    """Say why the machine cannot be locked; None if it can."""
    names = list(dict.fromkeys(claims(template_spec(vm))))
    namespace = namespace_of(vm)
    problem = next(filter(None, (_claim_problem(name, namespace, world) for name in sorted(names))), None)
    if problem is not None:
        return f"source {namespace}/{name_of(vm)} {problem}"
    if instance(vm, world) is None:
        used = {
            name_of(pod)
            for name in names
            for pod in world.find(PODS, f"claim/{namespace}/{name}")
            if not run_strategy.final(pod)
        }
        if used:
            return f"source is offline but {len(used)} pods using PVCs [{' '.join(sorted(names))}]"
    other = marked(vm)
    if other is not None and other != name_of(snapshot):
        return f'snapshot "{other}" in progress'
    return None


def _claim_problem(name: str, namespace: str, world: World) -> str | None:
    claim = world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace)
    if claim is None:
        return f"volume doesnt exist: {name}"
    if deleting(claim):
        return f"volume is being deleted: {name}"
    if phase(claim) != "Bound":
        return f"volume not bound: {name}"
    volume = world.get(DATA_VOLUMES, name, namespace)
    if volume is not None and phase(volume) != "Succeeded":
        return f"volume not populated: {name}"
    return None


def lock_message(vm: Json, snapshot: Json, world: World) -> str:
    """Word the condition Progressing while the snapshot is under way."""
    if locked(vm, snapshot):
        return LOCKED
    problem = obstacle(vm, snapshot, world)
    return f"{UNLOCKED} {problem}" if problem is not None else UNLOCKED


def indications(vm: Json, world: World) -> list[str]:
    """Say what the snapshot of a running machine is worth; [] for one that is off."""
    vmi = instance(vm, world)
    if vmi is None:
        return []
    if is_true(vmi, "Paused"):
        return ["Online", "Paused"]
    return sorted(["Online", "GuestAgent" if get_condition(vmi, "AgentConnected") else "NoGuestAgent"])


def described(names: list[str]) -> list[Json]:
    """Write indications with their sentences."""
    return [{"indication": name, "message": INDICATIONS[name]} for name in names]


def snapshot_class(storage_class: str, world: World) -> str | None:
    """Name the VolumeSnapshotClass for a StorageClass: the profile's, else the driver's only or default one."""
    found = world.get(STORAGE_CLASSES, storage_class)
    if found is None:
        return None
    profile = world.get(STORAGE_PROFILES, storage_class) or {}
    named = (profile.get("status") or {}).get("snapshotClass")
    if named:
        return named if world.get(VOLUME_SNAPSHOT_CLASSES, named) is not None else None
    fitting = [one for one in world.all(VOLUME_SNAPSHOT_CLASSES) if one["driver"] == found["provisioner"]]
    default = [one for one in fitting if DEFAULT_CLASS in annotations(one)]
    chosen = fitting if len(fitting) == 1 else default
    return name_of(chosen[0]) if chosen else None


def written_down(vm: Json, world: World) -> Json:
    """Write the machine as a snapshot keeps it: of a running one, the spec that it was started from."""
    spec = vm["spec"]
    vmi = instance(vm, world)
    if vmi is not None:
        name = restart.revision_name(vm, run_strategy.generation_of(vmi))
        revision = world.get(CONTROLLER_REVISIONS, name, namespace_of(vm))
        spec = _with_disks_of(revision["data"]["spec"], spec) if revision is not None else spec
    return {"metadata": vm["metadata"], "spec": spec, "status": {"printableStatus": "Stopped"}}


def _with_disks_of(started: Json, current: Json) -> Json:
    inner, now = started["template"]["spec"], current["template"]["spec"]
    devices = {**(inner["domain"].get("devices") or {}), "disks": (now["domain"].get("devices") or {}).get("disks")}
    inner = {**inner, "volumes": now.get("volumes"), "domain": {**inner["domain"], "devices": devices}}
    spec = {**started, "template": {**started["template"], "spec": inner}}
    spec.pop("dataVolumeTemplates", None)
    if current.get("dataVolumeTemplates"):
        spec["dataVolumeTemplates"] = current["dataVolumeTemplates"]
    return _without_nones(spec)


def _without_nones(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nones(one) for key, one in value.items() if one is not None}
    return value


def backups(vm: Json, snapshot: Json, world: World) -> list[Json]:
    """Write which claims are snapshotted, and under which names."""
    result = []
    for volume in template_spec(vm).get("volumes") or []:
        name = claim_of(volume)
        claim = world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(vm)) if name is not None else None
        if claim is None or phase(claim) != "Bound":
            continue
        if snapshot_class(claim["spec"].get("storageClassName") or "", world) is None:
            continue
        result.append({
            "persistentVolumeClaim": {"metadata": claim["metadata"], "spec": claim["spec"]},
            "volumeName": volume["name"],
            "volumeSnapshotName": f"vmsnapshot-{snapshot['metadata']['uid']}-volume-{volume['name']}",
        })  # fmt: skip
    return result
