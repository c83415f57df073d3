"""The life of a VirtualMachineRestore, as stages: claims out of the snapshot, then the machine on top of them.

Pure but for the stop of a target that shall be stopped, which goes through KubeVirt's subresources.
"""

from datetime import datetime, timedelta
from typing import Any

from dicot.devcluster.controllers.cdi.manifest import POPULATED_FOR, PREPOPULATED
from dicot.devcluster.controllers.kubevirt.scheduling import waits_for_consumer
from dicot.devcluster.controllers.kubevirt.storage import restored, snapshot
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    annotations,
    condition,
    controller_of,
    deleting,
    finalizers,
    get_condition,
    moment,
    name_of,
    namespace_of,
    owner_reference,
    stamp,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Patch, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import (
    DATA_VOLUMES,
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINE_CALLS,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VM_SNAPSHOTS,
)

FINALIZER = "snapshot.kubevirt.io/vmrestore-protection"
GRACE_S = 300
_STOP = "Waiting for target VM to be powered off. Please stop the restore target to proceed with restore"
WAITING = {
    "WaitGracePeriod": f"{_STOP}, or the operation will fail after 5m0s",
    "WaitEventually": _STOP,
    "StopTarget": "Automatically stopping restore target for restore operation",
}
STILL_THERE = "Restore target VMI still exists, please stop the restore target to proceed with restore"
TOO_LATE = "Restore target failed to be ready within 5m0s. Please power off the target VM before attempting restore"
NOT_OFF = "Restore target VMI must be powered off before restore operation"
OTHER_TARGET = "restore source and restore target are different but restore target already exists"


def complete(restore: Json) -> bool:
    """Say whether the restore has succeeded."""
    return bool((restore.get("status") or {}).get("complete"))


def progressing(restore: Json) -> bool:
    """Say whether the restore has neither succeeded nor failed."""
    return not complete(restore) and not get_condition(restore, "Failure")


def _target(restore: Json, world: World) -> Json | None:
    return world.get(VIRTUAL_MACHINES, restore["spec"]["target"]["name"], namespace_of(restore))


def _content(restore: Json, world: World) -> Json:
    """Find the content that is restored; call it only where `_problem` finds nothing wrong."""
    found = world.get(VM_SNAPSHOTS, restore["spec"]["virtualMachineSnapshotName"], namespace_of(restore))
    content = snapshot.content_of(found, world) if found is not None else None
    return content or {"spec": {}}


def _alive(restore: Json) -> bool:
    """Say whether the restore is under way and has been taken charge of."""
    return not deleting(restore) and progressing(restore) and FINALIZER in finalizers(restore)


def _told(restore: Json, now: datetime, progress: tuple[bool, str], ready: str, **more: Any) -> Json:
    news = [condition("Progressing", *progress[:1], now, progress[1]), condition("Ready", False, now, ready)]
    old = (restore.get("status") or {}).get("conditions") or []
    return {**more, "conditions": with_conditions(old, *news)}


def _begin(restore: Json, _world: World, now: datetime) -> list[Effect]:
    text = "Initializing VirtualMachineRestore"
    return status(_told(restore, now, (True, text), text, complete=False))


def _unowned(restore: Json, world: World) -> bool:
    if deleting(restore) or not progressing(restore):
        return False
    ownerless = not restore["metadata"].get("ownerReferences")
    return FINALIZER not in finalizers(restore) or (ownerless and _target(restore, world) is not None)


def _own(restore: Json, world: World, _now: datetime) -> list[Effect]:
    metadata: Json = {"finalizers": list(dict.fromkeys([*finalizers(restore), FINALIZER]))}
    target = _target(restore, world)
    if target is not None and not restore["metadata"].get("ownerReferences"):
        metadata["ownerReferences"] = [owner_reference(VIRTUAL_MACHINES, target)]
    return [Change({"metadata": metadata})]


def _runs(restore: Json, world: World) -> bool:
    target = _target(restore, world)
    if target is None:
        return False
    return world.get(VIRTUAL_MACHINE_INSTANCES, name_of(target), namespace_of(target)) is not None


def _policy(restore: Json) -> str:
    return restore["spec"].get("targetReadinessPolicy") or "WaitGracePeriod"


def _must_wait(restore: Json, world: World) -> bool:
    if not _alive(restore) or not _runs(restore, world):
        return False
    text = WAITING.get(_policy(restore))
    return text is None or get_condition(restore, "Progressing").get("reason") != text


def _wait(restore: Json, _world: World, now: datetime) -> list[Effect]:
    policy = _policy(restore)
    if policy == "FailImmediate":
        return _failed(restore, now, NOT_OFF)
    text = WAITING[policy]
    said = text if policy == "StopTarget" else STILL_THERE
    effects: list[Effect] = [Event("RestoreTargetNotReady", said, "Warning", "restore-controller")]
    if policy == "StopTarget":
        effects.append(_stop(restore))
    return [*effects, *status(_told(restore, now, (False, text), text))]


def _stop(restore: Json) -> Run:
    path = VIRTUAL_MACHINE_CALLS.path(namespace_of(restore), restore["spec"]["target"]["name"], "stop")

    async def action(machinery: Machinery) -> None:
        await machinery.client.call("PUT", path, body={})

    return Run(action)


def _failed(restore: Json, now: datetime, text: str) -> list[Effect]:
    new = _told(restore, now, (False, text), text)
    new["conditions"] = with_conditions(new["conditions"], condition("Failure", True, now, text))
    event = Event("Operation failed", f"VirtualMachineRestore failed {text}", "Warning", "restore-controller")
    return [event, *status(new)]


def _may_fail(restore: Json, world: World) -> bool:
    return _alive(restore) and _runs(restore, world) and _policy(restore) == "WaitGracePeriod"


def _grace_ends(restore: Json) -> datetime:
    return moment(restore["metadata"]["creationTimestamp"]) + timedelta(seconds=GRACE_S)


def _problem(restore: Json, world: World) -> str | None:
    """Say what stands in the way of the restore."""
    key = f"{namespace_of(restore)}/{restore['spec']['virtualMachineSnapshotName']}"
    found = world.get(VM_SNAPSHOTS, restore["spec"]["virtualMachineSnapshotName"], namespace_of(restore))
    if found is None:
        return f"VMSnapshot {key} does not exist"
    if phase(found) == "Failed":
        return f"VMSnapshot {key} failed and is invalid to use"
    if not snapshot.ready(found):
        return f"VMSnapshot {key} not ready"
    content = snapshot.content_of(found, world)
    if content is None:
        return f"VMSnapshotContent {namespace_of(restore)}/{snapshot.content_name(found)} does not exist"
    target = _target(restore, world)
    if target is None or restored.done(restore, target):
        return None
    if (found.get("status") or {}).get("sourceUID", uid_of(target)) != uid_of(target):
        return OTHER_TARGET
    other = (target.get("status") or {}).get("restoreInProgress")
    return f"vm restore {other} in progress" if other not in (None, name_of(restore)) else None


def _has_problem(restore: Json, world: World) -> bool:
    if not _alive(restore) or _runs(restore, world):
        return False
    problem = _problem(restore, world)
    return problem is not None and get_condition(restore, "Progressing").get("reason") != problem


def _say_problem(restore: Json, world: World, now: datetime) -> list[Effect]:
    return _error(restore, now, _problem(restore, world) or "")


def _error(restore: Json, now: datetime, text: str) -> list[Effect]:
    message = f"VirtualMachineRestore encountered error {text}"
    event = Event("VirtualMachineRestoreError", message, "Warning", "restore-controller")
    return [event, *status(_told(restore, now, (False, text), text))]


def _refused(restore: Json, _world: World, now: datetime, error: KubeError) -> list[Effect]:
    known = get_condition(restore, "Progressing").get("reason")
    return _error(restore, now, error.message) if known != error.message else []


def _goes_on(restore: Json, world: World) -> bool:
    return _alive(restore) and not _runs(restore, world) and _problem(restore, world) is None


def _unmarked(restore: Json, world: World) -> bool:
    target = _target(restore, world)
    if not _goes_on(restore, world) or target is None or restored.done(restore, target):
        return False
    return (target.get("status") or {}).get("restoreInProgress") is None


def _mark(restore: Json, world: World, _now: datetime) -> list[Effect]:
    return _of_target(restore, world, {"status": {"restoreInProgress": name_of(restore)}})


def _of_target(restore: Json, world: World, patch: Json) -> list[Effect]:
    target = _target(restore, world)
    if target is None:
        return []
    seen = {"resourceVersion": target["metadata"]["resourceVersion"]}
    return [Patch(VIRTUAL_MACHINES, name_of(target), namespace_of(target), {**patch, "metadata": seen}, "status")]


def _entries(restore: Json) -> list[Json]:
    return (restore.get("status") or {}).get("restores") or []


def _unlisted(restore: Json, world: World) -> bool:
    if not _goes_on(restore, world):
        return False
    return _entries(restore) != restored.restores(restore, _content(restore, world))


def _list(restore: Json, world: World, now: datetime) -> list[Effect]:
    entries = restored.restores(restore, _content(restore, world))
    return status(_told(restore, now, (True, "Creating new PVCs"), "Waiting for new PVCs", restores=entries))


def _claim(entry: Json, restore: Json, world: World) -> Json | None:
    return world.get(PERSISTENT_VOLUME_CLAIMS, entry["persistentVolumeClaim"], namespace_of(restore))


def _old_claims(restore: Json, world: World) -> list[Json]:
    """List the claims that a restore in place must remove first."""
    if not _goes_on(restore, world) or not restored.in_place(restore):
        return []
    found = (_claim(entry, restore, world) for entry in _entries(restore))
    return [one for one in found if one is not None and not deleting(one) and not restored.done(restore, one)]


def _remove_old(restore: Json, world: World, _now: datetime) -> list[Effect]:
    effects: list[Effect] = []
    entries = list(_entries(restore))
    for claim in _old_claims(restore, world):
        owner = controller_of(claim)
        if owner is not None and owner["kind"] == "DataVolume":
            notes = {restored.RESTORE_NAME: name_of(restore), PREPOPULATED: owner["name"]}
            patch = {"metadata": {"annotations": notes}}
            effects.append(Patch(DATA_VOLUMES, owner["name"], namespace_of(claim), patch))
            entries = [
                {**one, "dataVolumeName": owner["name"]} if one["persistentVolumeClaim"] == name_of(claim) else one
                for one in entries
            ]
        effects.append(Delete(PERSISTENT_VOLUME_CLAIMS, name_of(claim), namespace_of(claim), uid_of(claim)))
    return [*status({"restores": entries}), *effects]


def _lacks_claims(restore: Json, world: World) -> bool:
    return _goes_on(restore, world) and any(_claim(one, restore, world) is None for one in _entries(restore))


def _make_claims(restore: Json, world: World, _now: datetime) -> list[Effect]:
    content, target = _content(restore, world), _target(restore, world)
    return [
        Create(PERSISTENT_VOLUME_CLAIMS, restored.claim(restore, entry, content, target, world))
        for entry in _entries(restore)
        if _claim(entry, restore, world) is None
    ]


def _has_claims(restore: Json, world: World) -> bool:
    """Say whether every claim is there and will be bound without anybody's help."""
    if not _goes_on(restore, world):
        return False
    found = [_claim(entry, restore, world) for entry in _entries(restore)]
    return all(
        one is not None
        and not deleting(one)
        and restored.done(restore, one)
        and (phase(one) == "Bound" or waits_for_consumer(one, world))
        for one in found
    )


def _reconciles(restore: Json, world: World) -> bool:
    """Say whether the machine itself is what is to be restored next."""
    target = _target(restore, world)
    return _has_claims(restore, world) and (target is None or not restored.done(restore, target))


def _volumes_of_templates(restore: Json, world: World) -> list[Json]:
    """List the entries that stand on dataVolumeTemplates, with the names that their DataVolumes get."""
    vm = _content(restore, world)["spec"]["source"]["virtualMachine"]
    names = restored.templated(vm)
    return [
        {**one, "dataVolumeName": restored.volume_name(restore, one["volumeName"], names[one["volumeName"]])}
        for one in _entries(restore)
        if one["volumeName"] in names
    ]


def _unnamed(restore: Json, world: World) -> bool:
    return _reconciles(restore, world) and any(
        one not in _entries(restore) for one in _volumes_of_templates(restore, world)
    )


def _name(restore: Json, world: World, now: datetime) -> list[Effect]:
    named = {one["volumeName"]: one for one in _volumes_of_templates(restore, world)}
    effects: list[Effect] = []
    for one in named.values():
        notes = {"annotations": {POPULATED_FOR: one["dataVolumeName"]}}
        claim = _claim(one, restore, world) or {"metadata": {}}
        # The DataVolume will be its owner.
        release = {} if (controller_of(claim) or {}).get("kind") == "DataVolume" else {"ownerReferences": None}
        patch = {"metadata": {**notes, **release}}
        effects.append(Patch(PERSISTENT_VOLUME_CLAIMS, one["persistentVolumeClaim"], namespace_of(restore), patch))
    entries = [named.get(one["volumeName"], one) for one in _entries(restore)]
    return [*effects, *_updating(restore, now, restores=entries)]


def _updating(restore: Json, now: datetime, **more: Any) -> list[Effect]:
    return status(_told(restore, now, (True, "Updating target spec"), "Waiting for target update", **more))


def _missing_volumes(restore: Json, world: World) -> list[Json]:
    if not _reconciles(restore, world):
        return []
    vm = restored.machine(restore, _content(restore, world), _target(restore, world))
    templates = vm["spec"].get("dataVolumeTemplates") or []
    return [one for one in templates if world.get(DATA_VOLUMES, one["metadata"]["name"], namespace_of(restore)) is None]


def _make_volumes(restore: Json, world: World, _now: datetime) -> list[Effect]:
    effects: list[Effect] = []
    for template in _missing_volumes(restore, world):
        metadata = template["metadata"]
        notes = {restored.RESTORE_NAME: name_of(restore), PREPOPULATED: "true"}
        body = {
            "apiVersion": DATA_VOLUMES.api_version,
            "kind": DATA_VOLUMES.kind,
            "metadata": {
                **metadata,
                "namespace": namespace_of(restore),
                "annotations": {**(metadata.get("annotations") or {}), **notes},
            },
            "spec": template["spec"],
        }
        effects.append(Create(DATA_VOLUMES, body))
    return effects


def _obsolete(restore: Json, world: World) -> list[str]:
    """Name the DataVolumes of templates that the restored machine has no more."""
    target = _target(restore, world)
    if target is None:
        return []
    new = restored.machine(restore, _content(restore, world), target)
    left = {one["metadata"]["name"] for one in new["spec"].get("dataVolumeTemplates") or []}
    old = [one["metadata"]["name"] for one in target["spec"].get("dataVolumeTemplates") or []]
    return [name for name in old if name not in left]


def _has_volumes(restore: Json, world: World) -> bool:
    if not _reconciles(restore, world) or _missing_volumes(restore, world):
        return False
    vm = restored.machine(restore, _content(restore, world), _target(restore, world))
    names = (one["metadata"]["name"] for one in vm["spec"].get("dataVolumeTemplates") or [])
    found = (world.get(DATA_VOLUMES, name, namespace_of(restore)) for name in names)
    return all(phase(one) in ("Succeeded", "WaitForFirstConsumer", "PendingPopulation") for one in found if one)


def _write_machine(restore: Json, world: World, now: datetime) -> list[Effect]:
    content, target = _content(restore, world), _target(restore, world)
    new = restored.machine(restore, content, target)
    if target is None:
        return [Create(VIRTUAL_MACHINES, new), *_updating(restore, now)]
    gone = _obsolete(restore, world)
    notes = {**annotations(target), restored.LAST_RESTORE: restored.mark(restore)}
    operations = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": target["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/spec", "value": new["spec"]},
        {"op": "add", "path": "/metadata/annotations", "value": notes},
    ]

    async def replace(machinery: Machinery) -> None:
        vm = await machinery.client.patch(VIRTUAL_MACHINES, name_of(target), operations, namespace_of(target))
        machinery.world.learn(VIRTUAL_MACHINES, vm)

    more = {"deletedDataVolumes": gone} if gone else {}
    return [Run(replace), *_updating(restore, now, **more)]


def _unclaimed(restore: Json, world: World) -> list[Json]:
    """List the claims of a new machine that belonged to the old one, and shall belong to the new one."""
    target = _target(restore, world)
    if target is None or not _goes_on(restore, world) or not restored.done(restore, target):
        return []
    found = (_claim(entry, restore, world) for entry in _entries(restore))
    return [one for one in found if one is not None and restored.OWNED_BY_MACHINE in annotations(one)]


def _claim_them(restore: Json, world: World, _now: datetime) -> list[Effect]:
    target = _target(restore, world)
    if target is None:
        return []
    owners = [owner_reference(VIRTUAL_MACHINES, target)]
    patch = {"metadata": {"ownerReferences": owners, "annotations": {restored.OWNED_BY_MACHINE: None}}}
    return [
        Patch(PERSISTENT_VOLUME_CLAIMS, name_of(one), namespace_of(one), patch) for one in _unclaimed(restore, world)
    ]


def _is_done(restore: Json, world: World) -> bool:
    target = _target(restore, world)
    return _goes_on(restore, world) and target is not None and restored.done(restore, target)


def _finish(restore: Json, world: World, now: datetime) -> list[Effect]:
    effects: list[Effect] = []
    for name in (restore.get("status") or {}).get("deletedDataVolumes") or []:
        found = world.get(DATA_VOLUMES, name, namespace_of(restore))
        if found is not None:
            effects.append(Delete(DATA_VOLUMES, name, namespace_of(restore), uid_of(found)))
    if _holds_target(restore, world):
        effects += _of_target(restore, world, {"status": {"restoreInProgress": None, "memoryDumpRequest": None}})
    name, text = name_of(restore), "Operation complete"
    message = f"Successfully completed VirtualMachineRestore {name}"
    news = [condition("Progressing", False, now, text), condition("Ready", True, now, text)]
    conditions = with_conditions(restore["status"]["conditions"], *news)
    return [
        *effects,
        Event("VirtualMachineRestoreComplete", message, component="restore-controller"),
        *status({"complete": True, "restoreTime": stamp(now), "conditions": conditions}),
    ]


def _holds_target(restore: Json, world: World) -> bool:
    target = _target(restore, world)
    return target is not None and (target.get("status") or {}).get("restoreInProgress") == name_of(restore)


def _ends(restore: Json, _world: World) -> bool:
    return deleting(restore) and FINALIZER in finalizers(restore)


def _end(restore: Json, world: World, now: datetime) -> list[Effect]:
    text = "VM restore is deleting"
    if _holds_target(restore, world):
        return _of_target(restore, world, {"status": {"restoreInProgress": None, "memoryDumpRequest": None}})
    if get_condition(restore, "Progressing").get("reason") != text:
        return status(_told(restore, now, (False, text), text))
    left = [one for one in finalizers(restore) if one != FINALIZER]
    return [Change({"metadata": {"finalizers": left or None}})]


STAGES: Stages = (
    Stage("deleted: let the machine and itself go", _ends, _end),
    Stage("new: say that it begins", lambda r, _: not deleting(r) and not r.get("status"), _begin),
    Stage("new: take charge of it", _unowned, _own, after_s=0.02),
    Stage("the target runs: wait", _must_wait, _wait, on_error=_refused),
    Stage("the target has run for too long", _may_fail, lambda r, _w, now: _failed(r, now, TOO_LATE),
          until=_grace_ends),
    Stage("it cannot be done: say why", _has_problem, _say_problem),
    Stage("hold the target", _unmarked, _mark),
    Stage("list what is restored", _unlisted, _list),
    Stage("in place: remove the old claims", _old_claims, _remove_old, on_error=_refused),
    Stage("make the claims", _lacks_claims, _make_claims, after_s=0.02, on_error=_refused),
    Stage("name the DataVolumes of templates", _unnamed, _name),
    Stage("make the DataVolumes of templates", _missing_volumes, _make_volumes, on_error=_refused),
    Stage("restore the machine", _has_volumes, _write_machine, on_error=_refused),
    Stage("hand claims to the new machine", _unclaimed, _claim_them),
    Stage("it is done", _is_done, _finish),
)  # fmt: skip
