"""The life of a VirtualMachine, as stages (virt-controller).

Pure but for the clone authorisation, which asks Kubernetes.
"""

from datetime import UTC, datetime

from dicot.devcluster.controllers.kubevirt import (
    clone_rights,
    instancetype,
    interfaces,
    live_update,
    manifest,
    restart,
    run_strategy,
    vm_status,
    volumes,
)
from dicot.devcluster.controllers.kubevirt.vm_status import instance_of
from dicot.devcluster.controllers.objects import (
    annotations,
    condition,
    deleting,
    finalizers,
    name_of,
    namespace_of,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Patch, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import (
    CONTROLLER_REVISIONS,
    DATA_VOLUMES,
    VIRTUAL_MACHINE_INSTANCES,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _released(vm: Json, world: World) -> bool:
    orphans = "orphan" in finalizers(vm)
    ours = manifest.FINALIZER in finalizers(vm)
    return deleting(vm) and ours and (orphans or instance_of(vm, world) is None)


def _release(vm: Json, _world: World, _now: datetime) -> list[Effect]:
    left = [one for one in finalizers(vm) if one != manifest.FINALIZER]
    return [Change({"metadata": {"finalizers": left or None}})]


def _deletes_instance(vm: Json, world: World) -> bool:
    vmi = instance_of(vm, world)
    return deleting(vm) and vmi is not None and not deleting(vmi)


def _delete_instance(vm: Json, world: World, _now: datetime) -> list[Effect]:
    vmi = instance_of(vm, world)
    if vmi is None:
        return []
    message = f"Stopped the virtual machine by deleting the virtual machine instance {uid_of(vmi)}"
    # By version: an instance that was orphaned a moment ago must not be deleted.
    version = vmi["metadata"]["resourceVersion"]
    return [
        Delete(VIRTUAL_MACHINE_INSTANCES, name_of(vmi), namespace_of(vmi), uid_of(vmi), version),
        Event("SuccessfulDelete", message),
    ]


def _untouched(vm: Json, _world: World) -> bool:
    seen = annotations(vm).items() >= manifest.OBSERVED.items()
    return not deleting(vm) and (manifest.FINALIZER not in finalizers(vm) or not seen)


def _touch(vm: Json, _world: World, _now: datetime) -> list[Effect]:
    ends = list(dict.fromkeys([*finalizers(vm), manifest.FINALIZER]))
    return [Change({"metadata": {"finalizers": ends, "annotations": manifest.OBSERVED}})]


def _born(_vm: Json, _world: World, _now: datetime) -> list[Effect]:
    return status({"printableStatus": "Stopped"})


def _unadopted(vm: Json, world: World) -> bool:
    vmi = world.get(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm))
    return not deleting(vm) and vmi is not None and not vmi["metadata"].get("ownerReferences") and not deleting(vmi)


def _adopt(vm: Json, world: World, _now: datetime) -> list[Effect]:
    owners = manifest.instance(vm, world)["metadata"]["ownerReferences"]
    patch = {"metadata": {"ownerReferences": owners}}
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm), patch)]


def _revise(vm: Json, world: World, _now: datetime) -> list[Effect]:
    return [Create(CONTROLLER_REVISIONS, body) for body in instancetype.missing_revisions(vm, world)]


def _status_differs(vm: Json, world: World) -> bool:
    # The time only goes into what is new, so that any fixed one shows whether something is.
    return bool(vm_status.difference(vm, vm_status.of(vm, world, EPOCH)))


def _write_status(vm: Json, world: World, now: datetime) -> list[Effect]:
    return status(vm_status.difference(vm, vm_status.of(vm, world, now)))


def _provision(vm: Json, world: World, _now: datetime) -> list[Effect]:
    result: list[Effect] = []
    for template in volumes.missing(vm, world):
        name = template["metadata"]["name"]
        result += [
            clone_rights.check(vm, template, world),
            Create(DATA_VOLUMES, manifest.data_volume(vm, template)),
            Event("SuccessfulDataVolumeCreate", f"Created DataVolume {name}"),
        ]
    return result


def _fail_disks(vm: Json, _world: World, now: datetime, error: KubeError) -> list[Effect]:
    if error.reason == clone_rights.UNAUTHORIZED:
        reason, message = clone_rights.UNAUTHORIZED, error.message
    else:
        reason = "FailedCreate"
        message = f"Error encountered while creating DataVolumes: failed to create DataVolume: {error.message}"
    return _with_failure(vm, reason, message, now)


def _starts(vm: Json, world: World) -> bool:
    if deleting(vm) or world.get(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm)) is not None:
        return False
    return run_strategy.wants_start(vm) and volumes.ready(vm, world) and instancetype.failure(vm, world) is None


def _start(vm: Json, world: World, _now: datetime) -> list[Effect]:
    revision = manifest.start_revision(vm)
    keep = name_of(revision)
    old = [
        Delete(CONTROLLER_REVISIONS, name_of(one), namespace_of(one), uid_of(one))
        for one in world.children(CONTROLLER_REVISIONS, uid_of(vm))
        if name_of(one).startswith("revision-start-vm-") and name_of(one) != keep
    ]
    message = f"Started the virtual machine by creating the new virtual machine instance {name_of(vm)}"
    return [
        *old,
        Create(CONTROLLER_REVISIONS, revision),
        Create(VIRTUAL_MACHINE_INSTANCES, manifest.instance(vm, world)),
        Event("SuccessfulCreate", message),
    ]


def _fail_start(vm: Json, _world: World, now: datetime, error: KubeError) -> list[Effect]:
    event = Event("FailedCreate", f"Error creating virtual machine instance: {error.message}", "Warning")
    return _with_failure(vm, "FailedCreate", f"Failure while starting VMI: {error.message}", now, event)


def _with_failure(vm: Json, reason: str, message: str, now: datetime, *extra: Effect) -> list[Effect]:
    old = (vm.get("status") or {}).get("conditions") or []
    new = with_conditions(old, condition("Failure", True, now, reason, message))
    return status({"conditions": new}, *extra) if new != old else []


def _holds_back(vm: Json, _world: World, now: datetime) -> float:
    return run_strategy.retry_in_s(vm, now)


def _stops(vm: Json, world: World) -> bool:
    vmi = instance_of(vm, world)
    return vmi is not None and not deleting(vm) and not deleting(vmi) and run_strategy.wants_stop(vm, vmi)


def _stop(vm: Json, world: World, now: datetime) -> list[Effect]:
    vmi = instance_of(vm, world)
    again: list[Effect] = []
    if vmi is not None and run_strategy.starts_again(vm, vmi):
        again = status({"stateChangeRequests": [{"action": "Stop", "uid": uid_of(vmi)}, {"action": "Start"}]})
    return [*again, *_delete_instance(vm, world, now)]


def _plugs(vm: Json, world: World) -> bool:
    vmi = instance_of(vm, world)
    if vmi is None or deleting(vm) or deleting(vmi) or run_strategy.final(vmi) or volumes.phase(vmi) == "":
        return False
    return restart.wanted_hotplug(vm, vmi) is not None and restart.hotplug_failure(vm, vmi) is None


def _plug(vm: Json, world: World, _now: datetime) -> list[Effect]:
    vmi = instance_of(vm, world)
    wanted = restart.wanted_hotplug(vm, vmi) if vmi is not None else None
    if vmi is None or wanted is None:
        return []
    spec = {"volumes": wanted["volumes"], "domain": {"devices": {"disks": wanted["disks"]}}}
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vmi), namespace_of(vmi), {"spec": spec})]


def _relinks(vm: Json, world: World) -> bool:
    vmi = _live_instance(vm, world)
    return vmi is not None and interfaces.wanted(vm, vmi) is not None


def _relink(vm: Json, world: World, _now: datetime) -> list[Effect]:
    vmi = instance_of(vm, world)
    spec = interfaces.wanted(vm, vmi) if vmi is not None else None
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm), {"spec": spec})] if spec else []


def _has_unplugged(vm: Json, world: World) -> bool:
    return not deleting(vm) and interfaces.left(vm, instance_of(vm, world)) is not None


def _forget_unplugged(vm: Json, world: World, _now: datetime) -> list[Effect]:
    return [Change({"spec": {"template": {"spec": interfaces.left(vm, instance_of(vm, world))}}})]


def _live_instance(vm: Json, world: World) -> Json | None:
    """Find the instance if it runs and nothing ends it."""
    vmi = instance_of(vm, world)
    runs = vmi is not None and not deleting(vm) and not deleting(vmi) and volumes.phase(vmi) == "Running"
    return vmi if runs else None


def _unobserved(vm: Json, world: World) -> bool:
    vmi = instance_of(vm, world)
    if vmi is None or deleting(vm) or deleting(vmi) or run_strategy.final(vmi):
        return False
    return restart.observes_anew(vm, vmi, world)


def _observe(vm: Json, _world: World, _now: datetime) -> list[Effect]:
    notes = {"kubevirt.io/vm-generation": str(vm["metadata"]["generation"])}
    patch = {"metadata": {"annotations": notes}}
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm), patch)]


def _growth(vm: Json, world: World) -> Json:
    vmi = _live_instance(vm, world)
    if vmi is None or restart.not_live(vm, vmi, world):
        return {}
    return live_update.patch(vm, vmi, world)


def _grow(vm: Json, world: World, _now: datetime) -> list[Effect]:
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vm), namespace_of(vm), {"spec": _growth(vm, world)})]


STAGES: Stages = (
    Stage("its instance is gone: let it go", _released, _release),
    Stage("deleted: delete its instance", _deletes_instance, _delete_instance, after_s=0.05),
    Stage("new: take charge of it", _untouched, _touch, after_s=0.02),
    Stage("new: say that it is stopped", lambda vm, _: not vm.get("status"), _born),
    Stage("an orphaned instance of its name: adopt it", _unadopted, _adopt),
    Stage("instancetype not pinned: pin it", instancetype.missing_revisions, _revise),
    Stage("its instance has the newest template: say so", _unobserved, _observe),
    Stage("the status is not true any more", _status_differs, _write_status),
    Stage("disks are missing: make them", lambda vm, world: not deleting(vm) and volumes.missing(vm, world),
          _provision, on_error=_fail_disks),
    Stage("shall run and does not: start it", _starts, _start, after_s=0.05, hold_s=_holds_back, on_error=_fail_start),
    Stage("shall not run and does: stop it", _stops, _stop),
    Stage("disks came or went: plug them", _plugs, _plug),
    Stage("interfaces came or went, links went up or down: follow", _relinks, _relink),
    Stage("interfaces have left the guest: forget them", _has_unplugged, _forget_unplugged),
    Stage("sockets, memory or placement changed: follow", _growth, _grow),
)  # fmt: skip
