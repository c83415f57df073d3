"""The status of a VirtualMachine, computed whole from the machine, its instance and its disks.

Pure. The order of precedence is KubeVirt's setPrintableStatus.
"""

from datetime import datetime
from typing import Any

from dicot.devcluster.controllers.kubevirt import instancetype, restart, run_strategy, volumes
from dicot.devcluster.controllers.kubevirt.storage.source import snapshot_class
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    get_condition,
    is_true,
    name_of,
    namespace_of,
    owned_by,
    without_conditions,
)
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS, VIRTUAL_MACHINE_INSTANCES

EARLY = ("", "Pending", "Scheduling", "Scheduled")
KEYS = (
    "conditions",
    "created",
    "desiredGeneration",
    "instancetypeRef",
    "observedGeneration",
    "preferenceRef",
    "printableStatus",
    "ready",
    "runStrategy",
    "startFailure",
    "stateChangeRequests",
    "volumeSnapshotStatuses",
)
OWN_CONDITIONS = ("Failure", "RestartRequired")
KEPT_WITHOUT_INSTANCE = ("LiveMigratable", "StorageLiveMigratable", *OWN_CONDITIONS)


def instance_of(vm: Json, world: World) -> Json | None:
    """Find the machine's instance: the one of its name, unless it belongs to another."""
    vmi = world.get(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm))
    return vmi if vmi is not None and owned_by(vmi, vm) else None


def of(vm: Json, world: World, now: datetime) -> Json:
    """Compute the status; a key of KEYS that is missing shall be missing."""
    vmi = instance_of(vm, world)
    old: Json = vm.get("status") or {}
    failure = run_strategy.start_failure(vm, vmi, now)
    wanted: dict[str, Any] = {
        "conditions": _conditions(vm, vmi, world, now),
        "created": True if vmi is not None else None,
        "printableStatus": printable(vm, vmi, world, failure),
        "ready": True if vmi is not None and is_true(vmi, "Ready") else None,
        "runStrategy": old.get("runStrategy") if vmi is None else run_strategy.strategy(vm),
        "startFailure": failure,
        "stateChangeRequests": run_strategy.remaining_requests(vm, vmi) or None,
        "volumeSnapshotStatuses": _snapshot_statuses(vm, world) or None,
        **instancetype.references(vm, world),
    }
    # What was told of the last instance stays when it is gone.
    wanted["desiredGeneration"] = old.get("desiredGeneration") if vmi is None else vm["metadata"]["generation"]
    wanted["observedGeneration"] = old.get("observedGeneration") if vmi is None else run_strategy.generation_of(vmi)
    return {key: value for key, value in wanted.items() if value is not None}


def difference(vm: Json, wanted: Json) -> Json:
    """Say what a merge patch of the status must change; {} if nothing."""
    old = vm.get("status") or {}
    return {key: wanted.get(key) for key in KEYS if old.get(key) != wanted.get(key)}


def printable(vm: Json, vmi: Json | None, world: World, failure: Json | None) -> str:
    """Sum the machine's state up in the one word that `kubectl get vm` shows."""
    live = vmi is not None and not run_strategy.final(vmi)
    if deleting(vm):
        return "Terminating"
    if vmi is not None and live:
        found = _of_live(vmi)
        if found is not None:
            return found
    wanted = live or (vmi is None and run_strategy.wants_start(vm))
    if volumes.failed(vm, world):
        return "DataVolumeError"
    if vmi is not None and live and get_condition(vmi, "PodScheduled").get("reason") == "Unschedulable":
        return "ErrorUnschedulable"
    if volumes.provisioning(vm, world):
        return "Provisioning"
    if wanted and volumes.unbound(vm, world):
        return "WaitingForVolumeBinding"
    if vmi is not None and live:
        reason = get_condition(vmi, "Synchronized").get("reason")
        return reason if reason in ("ErrImagePull", "ImagePullBackOff") else "Starting"
    if failure is not None:
        return "CrashLoopBackOff"
    return "Stopped"


def _of_live(vmi: Json) -> str | None:
    if deleting(vmi):
        return "Stopping"
    migration = (vmi.get("status") or {}).get("migrationState") or {}
    if migration.get("startTimestamp") and not migration.get("endTimestamp"):
        return "Migrating"
    if is_true(vmi, "Paused"):
        return "Paused"
    if phase(vmi) == "Running":
        return "Running"
    if phase(vmi) == "Unknown":
        return "Unknown"
    if get_condition(vmi, "Synchronized").get("reason") == "FailedPvcNotFound":
        return "ErrorPvcNotFound"
    return None


def _conditions(vm: Json, vmi: Json | None, world: World, now: datetime) -> list[Json]:
    old = (vm.get("status") or {}).get("conditions") or []
    failure = _failure(vm, vmi, world, now)
    restarts = restart.condition_of(vm, vmi, world, now)
    if vmi is None:
        kept = [one for one in old if one["type"] in KEPT_WITHOUT_INSTANCE]
        result = [_ready(old, "VMINotExists", "VMI does not exist", now), *kept]
    else:
        result = list((vmi.get("status") or {}).get("conditions") or [])
        if not any(one["type"] == "Ready" for one in result):
            result.insert(0, _ready(old, "VMIConditionMissing", "VMI is missing the Ready condition", now))
    result = without_conditions(result, *OWN_CONDITIONS)
    return [*result, *(one for one in (restarts, failure) if one is not None)]


def _ready(old: list[Json], reason: str, message: str, now: datetime) -> Json:
    known = next((one for one in old if one["type"] == "Ready" and one.get("reason") == reason), None)
    new = condition("Ready", False, now, reason, message)
    return known or {**new, "lastProbeTime": new["lastTransitionTime"]}


def _failure(vm: Json, vmi: Json | None, world: World, now: datetime) -> Json | None:
    known = get_condition(vm, "Failure")
    found = instancetype.failure(vm, world) or restart.hotplug_failure(vm, vmi)
    if found is None:
        # What the last attempt to create something was refused with stays until an attempt succeeds.
        kept = known.get("reason") in ("FailedCreate", "UnauthorizedDataVolumeCreate") and vmi is None
        waits = run_strategy.wants_start(vm) or bool(volumes.missing(vm, world))
        return known if kept and waits else None
    if (known.get("reason"), known.get("message")) == found:
        return known
    return condition("Failure", True, now, *found)


def _snapshot_statuses(vm: Json, world: World) -> list[Json]:
    namespace = namespace_of(vm)
    result = []
    for volume in volumes.template_spec(vm).get("volumes") or []:
        name, claim_name = volume["name"], volumes.claim_of(volume)
        if claim_name is None:
            reason = f"Snapshot is not supported for this volumeSource type [{name}]"
            result.append({"enabled": False, "name": name, "reason": reason})
            continue
        claim = world.get(PERSISTENT_VOLUME_CLAIMS, claim_name, namespace)
        storage_class = claim["spec"].get("storageClassName", "") if claim is not None else ""
        if claim is None:
            result.append({"enabled": False, "name": name, "reason": "PVC not found"})
        elif snapshot_class(storage_class, world) is None:
            reason = (
                "No VolumeSnapshotClass: Volume snapshots are not configured for this StorageClass "
                f"[{storage_class}] [{name}]"
            )
            result.append({"enabled": False, "name": name, "reason": reason})
        else:
            result.append({"enabled": True, "name": name})
    return result
