"""The life of a VirtualMachineSnapshotContent, as stages: freeze the guest, snapshot each claim, thaw the guest.

Pure but for the freezing, which goes through KubeVirt's subresources.
"""

from datetime import datetime, timedelta
from typing import Any

from dicot.devcluster.controllers.kubevirt.storage import source
from dicot.devcluster.controllers.kubevirt.storage.snapshot import (
    CONTENT_FINALIZER,
    CONTROLLER,
    deadline_s,
    deletes_content,
    terminating,
)
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    deleting,
    finalizers,
    get_condition,
    is_true,
    moment,
    name_of,
    namespace_of,
    owner_reference,
    stamp,
)
from dicot.devcluster.controllers.stage import Change, Create, Effect, Event, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    VIRTUAL_MACHINE_INSTANCE_CALLS,
    VM_SNAPSHOT_CONTENTS,
    VM_SNAPSHOTS,
    VOLUME_SNAPSHOTS,
)


def _snapshot_of(content: Json, world: World) -> Json | None:
    name = content["spec"].get("virtualMachineSnapshotName") or ""
    return world.get(VM_SNAPSHOTS, name, namespace_of(content))


def _backups(content: Json) -> list[Json]:
    return [one for one in content["spec"].get("volumeBackups") or [] if one.get("volumeSnapshotName")]


def _find(backup: Json, content: Json, world: World) -> Json | None:
    return world.get(VOLUME_SNAPSHOTS, backup["volumeSnapshotName"], namespace_of(content))


def _may_go(content: Json, world: World) -> bool:
    snapshot = _snapshot_of(content, world)
    if CONTENT_FINALIZER not in finalizers(content):
        return False
    if snapshot is None:
        return True
    return terminating(snapshot) and (deleting(content) or not deletes_content(snapshot, content))


def _go(content: Json, world: World, _now: datetime) -> list[Effect]:
    left = [one for one in finalizers(content) if one != CONTENT_FINALIZER]
    return [*_thaw(content, world), Change({"metadata": {"finalizers": left or None}})]


def _stays(content: Json, world: World) -> bool:
    """Say whether the content is to be kept true: it is not deleted, nor about to be."""
    snapshot = _snapshot_of(content, world)
    if deleting(content):
        return False
    return snapshot is None or not (terminating(snapshot) and deletes_content(snapshot, content))


def _lacks_snapshots(content: Json, world: World) -> bool:
    snapshot = _snapshot_of(content, world)
    created = (content.get("status") or {}).get("creationTime")
    if snapshot is None or deleting(snapshot) or not _stays(content, world) or created:
        return False
    return any(_find(one, content, world) is None for one in _backups(content))


def _take(content: Json, world: World, _now: datetime) -> list[Effect]:
    effects = _freeze(content, world)
    vm = content["spec"]["source"]["virtualMachine"]
    for backup in _backups(content):
        if _find(backup, content, world) is not None:
            continue
        effects.append(Create(VOLUME_SNAPSHOTS, _volume_snapshot(backup, content, vm, world)))
        message = f"Successfully created VolumeSnapshot {backup['volumeSnapshotName']}"
        effects.append(Event("SuccessfulVolumeSnapshotCreate", message, component=CONTROLLER))
    return effects


def _volume_snapshot(backup: Json, content: Json, vm: Json, world: World) -> Json:
    claim = backup["persistentVolumeClaim"]
    return {
        "apiVersion": VOLUME_SNAPSHOTS.api_version,
        "kind": VOLUME_SNAPSHOTS.kind,
        "metadata": {
            "name": backup["volumeSnapshotName"],
            "namespace": namespace_of(content),
            "labels": {
                "snapshot.kubevirt.io/source-vm-name": name_of(vm),
                "snapshot.kubevirt.io/source-vm-namespace": namespace_of(vm),
            },
            "ownerReferences": [owner_reference(VM_SNAPSHOT_CONTENTS, content)],
        },
        "spec": {
            "source": {"persistentVolumeClaimName": name_of(claim)},
            "volumeSnapshotClassName": source.snapshot_class(claim["spec"].get("storageClassName") or "", world),
        },
    }


def _agent(content: Json, world: World) -> tuple[Json, Json] | None:
    """Find the snapshot and the instance whose guest agent can freeze file systems; None if there is none."""
    snapshot = _snapshot_of(content, world)
    vm = source.of(snapshot, world) if snapshot is not None else None
    vmi = source.instance(vm, world) if vm is not None else None
    if snapshot is None or vm is None or vmi is None or not source.locked(vm, snapshot):
        return None
    return (snapshot, vmi) if get_condition(vmi, "AgentConnected") and not is_true(vmi, "Paused") else None


def _freeze(content: Json, world: World) -> list[Effect]:
    found = _agent(content, world)
    if found is None or (found[1].get("status") or {}).get("fsFreezeStatus") == "frozen":
        return []
    return [_call(found[1], "freeze", {"unfreezeTimeout": f"{int(deadline_s(found[0]))}s"})]


def _thaw(content: Json, world: World) -> list[Effect]:
    found = _agent(content, world)
    return [_call(found[1], "unfreeze", {})] if found is not None else []


def _call(vmi: Json, what: str, body: Json) -> Run:
    path = VIRTUAL_MACHINE_INSTANCE_CALLS.path(namespace_of(vmi), name_of(vmi), what)

    async def action(machinery: Machinery) -> None:
        await machinery.client.call("PUT", path, body=body)

    return Run(action)


def wanted(content: Json, world: World, now: datetime) -> Json:
    """Compute the status from the VolumeSnapshots."""
    old: dict[str, Any] = content.get("status") or {}
    parts: list[Json] = []
    missing: list[str] = []
    errors: list[str] = []
    for backup in _backups(content):
        found = _find(backup, content, world)
        if found is None:
            missing.append(backup["volumeSnapshotName"])
            continue
        told = found.get("status") or {}
        keys = ("creationTime", "error", "readyToUse")
        parts.append({**{k: told[k] for k in keys if k in told}, "volumeSnapshotName": name_of(found)})
        if (told.get("error") or {}).get("message"):
            errors.append(f"VolumeSnapshot {name_of(found)} error: {told['error']['message']}")
    created = not missing and all("creationTime" in one for one in parts)
    ready = not missing and all(one.get("readyToUse") for one in parts)
    problem = _missing(missing, old) if missing else next(iter(errors), None)
    new: Json = {"readyToUse": ready, "volumeSnapshotStatus": parts or None}
    new["creationTime"] = old.get("creationTime") or (stamp(now) if created else None)
    if problem is not None and not ready:
        known = old.get("error") or {}
        new["error"] = known if known.get("message") == problem else {"message": problem, "time": stamp(now)}
    return {key: value for key, value in new.items() if value is not None}


def _missing(names: list[str], old: Json) -> str:
    listed = ",".join(names)
    if old.get("creationTime"):
        return f"VolumeSnapshots ({listed}) missing"
    return f"VolumeSnapshots ({listed}) skipped because vm snapshot is deleted"


def _change(content: Json, new: Json) -> Json:
    old = content.get("status") or {}
    keys = ("creationTime", "error", "readyToUse", "volumeSnapshotStatus")
    return {key: new.get(key) for key in keys if old.get(key) != new.get(key)}


def _differs(content: Json, world: World) -> bool:
    epoch = moment(content["metadata"]["creationTimestamp"]) - timedelta(days=1)
    return _stays(content, world) and bool(_change(content, wanted(content, world, epoch)))


def _write(content: Json, world: World, now: datetime) -> list[Effect]:
    new = wanted(content, world, now)
    cut = new.get("creationTime") and not (content.get("status") or {}).get("creationTime")
    effects: list[Effect] = _thaw(content, world) if cut else []
    if (content.get("status") or {}).get("creationTime"):
        lost = [one["volumeSnapshotName"] for one in _backups(content) if _find(one, content, world) is None]
        effects += [
            Event("VolumeSnapshotMissing", f"VolumeSnapshot {name} no longer exists", "Warning", CONTROLLER)
            for name in lost
        ]
    return [*effects, *status(_change(content, new))]


STAGES: Stages = (
    Stage("its snapshot is over: let it go", _may_go, _go),
    Stage("snapshot the claims", _lacks_snapshots, _take, after_s=0.01),
    Stage("the status is not true any more", _differs, _write, after_s=0.01),
)
