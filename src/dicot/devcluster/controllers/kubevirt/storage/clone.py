"""The life of a VirtualMachineClone, as stages: a snapshot of the source, a restore of it to the target, clearing up.

Pure.
"""

import json
import re
from datetime import datetime
from typing import Any

from dicot.devcluster.controllers.kubevirt.storage import restore, snapshot
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, phase, template_spec
from dicot.devcluster.controllers.objects import (
    annotations,
    condition,
    deleting,
    get_condition,
    labels,
    name_of,
    namespace_of,
    owner_reference,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Create, Delete, Effect, Event, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINES,
    VM_CLONES,
    VM_RESTORES,
    VM_SNAPSHOTS,
    Kind,
)

CONTROLLER = "clone-controller"
KEPT = "restore.kubevirt.io/lastRestoreUID"
_PROCESSING = (True, "Still processing", "Still processing")


def _state(clone: Json) -> Json:
    return clone.get("status") or {}


def _of_machine(clone: Json) -> bool:
    return bool(clone["spec"]["source"]["kind"] == "VirtualMachine")


def _source(clone: Json, world: World) -> Json | None:
    kind = VIRTUAL_MACHINES if _of_machine(clone) else VM_SNAPSHOTS
    return world.get(kind, clone["spec"]["source"]["name"], namespace_of(clone))


def _snapshot(clone: Json, world: World) -> Json | None:
    name = _state(clone).get("snapshotName") if _of_machine(clone) else clone["spec"]["source"]["name"]
    return world.get(VM_SNAPSHOTS, name or "", namespace_of(clone))


def _restore(clone: Json, world: World) -> Json | None:
    return world.get(VM_RESTORES, _state(clone).get("restoreName") or "", namespace_of(clone))


def _told(clone: Json, now: datetime, told: tuple[bool, str, str], *, ready: bool = False, **more: Any) -> Json:
    value, progress, text = told
    news = [condition("Progressing", value, now, progress), condition("Ready", ready, now, text)]
    return {**more, "conditions": with_conditions(_state(clone).get("conditions") or [], *news)}


def _begins(clone: Json) -> bool:
    return not deleting(clone) and phase(clone) in ("", "SnapshotInProgress")


def _obstacle(clone: Json, world: World) -> tuple[str, str] | None:
    """Say what the clone waits for: (event, reason)."""
    source = _source(clone, world)
    if source is None:
        kind, name = clone["spec"]["source"]["kind"], clone["spec"]["source"]["name"]
        return "SourceDoesNotExist", f"Source doesnt exist: {kind} {namespace_of(clone)}/{name}"
    if not _of_machine(clone) or phase(clone):
        return None
    problems = "\n".join(_unsnapshotable(source))
    return ("VMVolumeSnapshotsInvalid", problems) if problems else None


def _unsnapshotable(vm: Json) -> list[str]:
    known = {one["name"]: one["enabled"] for one in (vm.get("status") or {}).get("volumeSnapshotStatuses") or []}
    result = []
    for volume in template_spec(vm).get("volumes") or []:
        name = volume["name"]
        if claim_of(volume) is None or known.get(name):
            continue
        unknown = f"Virtual Machine volume {name} snapshot support unknown"
        result.append(unknown if name not in known else f"Virtual Machine volume {name} does not support snapshots")
    return result


def _must_wait(clone: Json, world: World) -> bool:
    if deleting(clone) or phase(clone) in ("Succeeded", "Failed"):
        return False
    found = _obstacle(clone, world)
    return found is not None and get_condition(clone, "Ready").get("reason") != found[1]


def _wait(clone: Json, world: World, now: datetime) -> list[Effect]:
    event, text = _obstacle(clone, world) or ("", "")
    return [Event(event, text, component=CONTROLLER), *status(_told(clone, now, (False, "Pending", text)))]


def _may_snapshot(clone: Json, world: World) -> bool:
    return _begins(clone) and _of_machine(clone) and not _state(clone).get("snapshotName") and _free(clone, world)


def _free(clone: Json, world: World) -> bool:
    return _obstacle(clone, world) is None


def _take(clone: Json, _world: World, now: datetime) -> list[Effect]:
    name = f"tmp-snapshot-{uid_of(clone)}"
    spec = {"source": {**clone["spec"]["source"], "apiGroup": VIRTUAL_MACHINES.group}}
    new = _told(clone, now, _PROCESSING, phase="SnapshotInProgress", snapshotName=name)
    return [
        Create(VM_SNAPSHOTS, _owned(VM_SNAPSHOTS, name, clone, spec)),
        Event("SnapshotCreated", f"created snapshot {name} for clone {name_of(clone)}", component=CONTROLLER),
        *status(new),
    ]


def _owned(kind: Kind, name: str, clone: Json, spec: Json) -> Json:
    metadata = {"name": name, "namespace": namespace_of(clone), "ownerReferences": [owner_reference(VM_CLONES, clone)]}
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec}


def _waits_for_snapshot(clone: Json, world: World) -> bool:
    found = _snapshot(clone, world)
    return not _of_machine(clone) and phase(clone) == "" and found is not None and not snapshot.ready(found)


def _say_it_waits(clone: Json, _world: World, now: datetime) -> list[Effect]:
    return status(_told(clone, now, _PROCESSING, phase="SnapshotInProgress"))


def _unkept(clone: Json, world: World) -> list[str]:
    """List the volumes that the snapshot lacks, so that the clone must fail."""
    found = _snapshot(clone, world)
    if not _begins(clone) or found is None or not snapshot.ready(found):
        return []
    content = snapshot.content_of(found, world)
    if content is None:
        name = snapshot.content_name(found)
        return [f"snapshot content {name} in namespace {namespace_of(clone)} does not exist"]
    kept = {one["volumeName"] for one in content["spec"].get("volumeBackups") or []}
    volumes = template_spec(content["spec"]["source"]["virtualMachine"]).get("volumes") or []
    lost = [one["name"] for one in volumes if claim_of(one) is not None and one["name"] not in kept]
    return [f"volume {name} is not backed up in snapshot {name_of(found)}" for name in lost]


def _fail(clone: Json, world: World, now: datetime) -> list[Effect]:
    text = "\n".join(_unkept(clone, world))
    event = Event("SnapshotContentInvalid", text, component=CONTROLLER)
    return [event, *status(_told(clone, now, (False, "Failed", text), phase="Failed"))]


def _may_restore(clone: Json, world: World) -> bool:
    found = _snapshot(clone, world)
    return _begins(clone) and _free(clone, world) and found is not None and snapshot.ready(found)


def _make_restore(clone: Json, world: World, now: datetime) -> list[Effect]:
    found = _snapshot(clone, world)
    content = snapshot.content_of(found, world) if found is not None else None
    if found is None or content is None:
        return []
    name = f"tmp-restore-{uid_of(clone)}"
    spec: Json = {
        "target": {"apiGroup": VIRTUAL_MACHINES.group, **clone["spec"]["target"]},
        "virtualMachineSnapshotName": name_of(found),
        "patches": patches(content["spec"]["source"]["virtualMachine"], clone["spec"]),
    }
    policy = clone["spec"].get("volumeNamePolicy")
    if policy:
        spec["volumeRestorePolicy"] = policy
    ready = f"snapshot {name_of(found)} for clone {name_of(clone)} is ready to use"
    return [
        Event("SnapshotReady", ready, component=CONTROLLER),
        Create(VM_RESTORES, _owned(VM_RESTORES, name, clone, spec)),
        Event("RestoreCreated", f"created restore {name} for clone {name_of(clone)}", component=CONTROLLER),
        *status(_told(clone, now, _PROCESSING, phase="RestoreInProgress", restoreName=name)),
    ]


def patches(vm: Json, spec: Json) -> list[str]:
    """Write the JSON patches that make a machine another: no MAC addresses, serial and UUID of its own, filters."""
    operations: list[Json] = []
    path = "/spec/template/spec/domain"
    macs = spec.get("newMacAddresses") or {}
    domain = template_spec(vm)["domain"]
    for index, nic in enumerate(domain.get("devices", {}).get("interfaces") or []):
        operations.append(_replace(f"{path}/devices/interfaces/{index}/macAddress", macs.get(nic["name"], "")))
    if "firmware" in domain:
        operations.append(_replace(f"{path}/firmware/serial", spec.get("newSMBiosSerial") or ""))
    notes = {key: value for key, value in annotations(vm).items() if key != KEPT}
    inner, filters = vm["spec"]["template"].get("metadata") or {}, spec.get("template") or {}
    operations += _removals("/metadata/labels", labels(vm), spec.get("labelFilters"))
    operations += _removals("/metadata/annotations", notes, spec.get("annotationFilters"))
    where = "/spec/template/metadata"
    operations += _removals(f"{where}/labels", inner.get("labels") or {}, filters.get("labelFilters"))
    operations += _removals(f"{where}/annotations", inner.get("annotations") or {}, filters.get("annotationFilters"))
    if "firmware" in domain:
        operations.append(_replace(f"{path}/firmware/uuid", ""))
    return [*(json.dumps(one) for one in operations), *(spec.get("patches") or [])]


def _replace(path: str, value: str) -> Json:
    return {"op": "replace", "path": path, "value": value}


def _removals(base: str, found: dict[str, str], filters: list[str] | None) -> list[Json]:
    if filters is None:
        return []
    wanted = [".*" if one == "*" else one for one in filters if not one.startswith("!")]
    unwanted = [one[1:] for one in filters if one.startswith("!")]
    kept = {
        key
        for key in found
        if any(re.search(one, key) for one in wanted) and not any(re.search(one, key) for one in unwanted)
    }
    escaped = (key.replace("~", "~0").replace("/", "~1") for key in found if key not in kept)
    return [{"op": "remove", "path": f"{base}/{key}"} for key in escaped]


def _is_restored(clone: Json, world: World) -> bool:
    found = _restore(clone, world)
    return phase(clone) == "RestoreInProgress" and found is not None and not restore.progressing(found)


def _bound(clone: Json, world: World) -> bool:
    entries = ((_restore(clone, world) or {}).get("status") or {}).get("restores") or []
    found = (world.get(PERSISTENT_VOLUME_CLAIMS, one["persistentVolumeClaim"], namespace_of(clone)) for one in entries)
    return all(one is not None and phase(one) == "Bound" for one in found)


def _succeed(clone: Json, world: World, now: datetime) -> list[Effect]:
    name, found = name_of(clone), _restore(clone, world)
    if found is None:
        return []
    target = found["spec"]["target"]["name"]
    if world.get(VIRTUAL_MACHINES, target, namespace_of(clone)) is None:
        return []
    effects: list[Effect] = [
        Event("RestoreReady", f"restore {name_of(found)} for clone {name} is ready to use", component=CONTROLLER),
        Event("TargetVMCreated", f"created target VM {target} for clone {name}", component=CONTROLLER),
    ]
    more: Json = {"phase": "Succeeded", "targetName": target}
    if _bound(clone, world):
        effects += _clear(clone, world)
        more |= {"snapshotName": None, "restoreName": None}
    return [*effects, *status(_told(clone, now, (False, "Ready", "Ready"), ready=True, **more))]


def _clear(clone: Json, world: World) -> list[Effect]:
    """Delete what the clone was made with."""
    effects: list[Effect] = [Event("PVCBound", f"all PVC for clone {name_of(clone)} are bound", component=CONTROLLER)]
    made = [(VM_RESTORES, _restore(clone, world))]
    if _of_machine(clone):
        made.append((VM_SNAPSHOTS, _snapshot(clone, world)))
    for kind, one in made:
        if one is not None:
            effects.append(Delete(kind, name_of(one), namespace_of(one), uid_of(one)))
    return effects


def _may_clear(clone: Json, world: World) -> bool:
    leftovers = phase(clone) == "Succeeded" and bool(_state(clone).get("restoreName"))
    return leftovers and not deleting(clone) and _bound(clone, world)


def _clear_later(clone: Json, world: World, _now: datetime) -> list[Effect]:
    return [*_clear(clone, world), *status({"snapshotName": None, "restoreName": None})]


def _lost(clone: Json, world: World) -> bool:
    name = _state(clone).get("targetName") or ""
    gone = world.get(VIRTUAL_MACHINES, name, namespace_of(clone)) is None
    return phase(clone) == "Succeeded" and gone and not deleting(clone)


def _delete(clone: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Delete(VM_CLONES, name_of(clone), namespace_of(clone), uid_of(clone))]


STAGES: Stages = (
    Stage("what it made is gone: so shall it be", _lost, _delete),
    Stage("it has to wait: say why", _must_wait, _wait),
    Stage("snapshot the source", _may_snapshot, _take),
    Stage("its snapshot is not ready", _waits_for_snapshot, _say_it_waits),
    Stage("its snapshot lacks volumes", _unkept, _fail),
    Stage("restore the snapshot to the target", _may_restore, _make_restore),
    Stage("it is restored", _is_restored, _succeed),
    Stage("its claims are bound: clear up", _may_clear, _clear_later),
)
