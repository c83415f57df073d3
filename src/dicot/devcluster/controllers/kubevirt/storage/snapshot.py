"""The life of a VirtualMachineSnapshot, as stages: hold the machine, have its content made, let the machine go.

Pure.
"""

import re
from datetime import datetime, timedelta
from typing import Any

from dicot.devcluster.controllers.kubevirt.storage import source
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, phase, template_spec
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    finalizers,
    moment,
    name_of,
    namespace_of,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Patch, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import VIRTUAL_MACHINES, VM_SNAPSHOT_CONTENTS

FINALIZER = "snapshot.kubevirt.io/vmsnapshot-protection"
CONTENT_FINALIZER = "snapshot.kubevirt.io/vmsnapshotcontent-protection"
CONTROLLER = "snapshot-controller"
DEADLINE_S = 300.0
KEYS = (
    "conditions", "creationTime", "error", "indications", "phase", "readyToUse", "snapshotVolumes",
    "sourceIndications", "sourceUID", "virtualMachineSnapshotContentName",
)  # fmt: skip
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(text: str) -> float:
    """Read a duration as Go writes it ("1h30m0s") in seconds."""
    return sum(float(count) * _SECONDS[unit] for count, unit in _DURATION.findall(text))


def deadline_s(snapshot: Json) -> float:
    """Say how long the snapshot may take; 0 means without end."""
    asked = snapshot["spec"].get("failureDeadline")
    return seconds(asked) if asked is not None else DEADLINE_S


def content_name(snapshot: Json) -> str:
    """Name the VirtualMachineSnapshotContent."""
    known = (snapshot.get("status") or {}).get("virtualMachineSnapshotContentName")
    return known or f"vmsnapshot-content-{uid_of(snapshot)}"


def content_of(snapshot: Json, world: World) -> Json | None:
    """Find the content."""
    return world.get(VM_SNAPSHOT_CONTENTS, content_name(snapshot), namespace_of(snapshot))


def ready(snapshot: Json) -> bool:
    """Say whether something can be restored from the snapshot."""
    return bool((snapshot.get("status") or {}).get("readyToUse"))


def progressing(snapshot: Json) -> bool:
    """Say whether the snapshot has neither succeeded nor failed."""
    return phase(snapshot) not in ("Failed", "Succeeded")


def terminating(snapshot: Json) -> bool:
    """Say whether nothing will come of the snapshot any more, or it is deleted."""
    return deleting(snapshot) or phase(snapshot) == "Failed"


def deletes_content(snapshot: Json, content: Json) -> bool:
    """Say whether the content goes with the snapshot: one that never got ready always does."""
    return snapshot["spec"].get("deletionPolicy", "Delete") == "Delete" or not ready(content)


def wanted(snapshot: Json, world: World, now: datetime, *, failed: bool = False) -> Json:
    """Compute the status; a key of KEYS that is missing shall be missing."""
    vm, content = source.of(snapshot, world), content_of(snapshot, world)
    new: dict[str, Any] = {"readyToUse": False, **(snapshot.get("status") or {})}
    if vm is not None:
        new["sourceUID"] = uid_of(vm)
    told = (content or {}).get("status")
    if content is not None and told:
        new["virtualMachineSnapshotContentName"] = name_of(content)
        new |= {key: told.get(key) for key in ("creationTime", "readyToUse", "error")}
    news: list[Json] = []
    if failed or phase(snapshot) == "Failed":
        new["phase"] = "Failed"
        news = [
            condition("Failure", True, now, "snapshot deadline exceeded"),
            _progress(False, "Operation failed", now),
        ]
    elif new.get("phase") == "Succeeded" or new.get("creationTime"):
        new |= {"phase": "Succeeded", **_outcome(new, content, world)}
        news = [_progress(False, "Operation complete", now)]
    else:
        new |= _under_way(snapshot, vm, world)
        news = [_progress_so_far(snapshot, vm, world, now)]
    news.append(condition("Ready", bool(new.get("readyToUse")), now, "Ready" if new.get("readyToUse") else "Not ready"))
    if new.get("error"):
        news.append(_progress(False, "In error state", now))
    new["conditions"] = with_conditions(new.get("conditions") or [], *_last_of_each(news))
    return {key: new[key] for key in KEYS if new.get(key) is not None}


def _last_of_each(news: list[Json]) -> list[Json]:
    return list({one["type"]: one for one in news}.values())


def _progress(value: bool, reason: str, now: datetime) -> Json:
    return condition("Progressing", value, now, reason)


def _progress_so_far(snapshot: Json, vm: Json | None, world: World, now: datetime) -> Json:
    if deleting(snapshot):
        return _progress(False, "VM snapshot is deleting", now)
    if vm is None:
        return _progress(False, "Source does not exist", now)
    return _progress(source.locked(vm, snapshot), source.lock_message(vm, snapshot, world), now)


def _under_way(snapshot: Json, vm: Json | None, world: World) -> Json:
    new: Json = {"phase": "Deleting" if deleting(snapshot) else "InProgress"}
    if vm is None:
        return new
    known = (snapshot.get("status") or {}).get("indications") or []
    found = source.indications(vm, world)
    names = sorted({*known, *found}) if found else []
    return {**new, "indications": names or None, "sourceIndications": source.described(names) or None}


def _outcome(state: Json, content: Json | None, world: World) -> Json:
    """Say which volumes the content holds, and whether it lacks one that could have been in it."""
    if content is None:
        return {}
    included = {one["volumeName"] for one in content["spec"].get("volumeBackups") or []}
    volumes = template_spec(content["spec"]["source"]["virtualMachine"]).get("volumes") or []
    lists = {
        "excludedVolumes": [one["name"] for one in volumes if one["name"] not in included],
        "includedVolumes": [one["name"] for one in volumes if one["name"] in included],
    }
    result: Json = {"snapshotVolumes": {key: names for key, names in lists.items() if names}}
    if any(claim_of(one) is not None and one["name"] not in included for one in volumes):
        names = list(dict.fromkeys([*(state.get("indications") or []), "PartialSnapshot"]))
        result |= {"indications": names, "sourceIndications": source.described(names)}
    return result


def _change(snapshot: Json, new: Json) -> Json:
    old = snapshot.get("status") or {}
    return {key: new.get(key) for key in KEYS if old.get(key) != new.get(key)}


def _differs(snapshot: Json, world: World) -> bool:
    known = moment(snapshot["metadata"]["creationTimestamp"])
    return bool(_change(snapshot, wanted(snapshot, world, known)))


def _write(snapshot: Json, world: World, now: datetime) -> list[Effect]:
    return status(_change(snapshot, wanted(snapshot, world, now)))


def _wants_lock(snapshot: Json, world: World) -> bool:
    vm = source.of(snapshot, world)
    if vm is None or not snapshot.get("status") or not progressing(snapshot) or terminating(snapshot):
        return False
    return not source.locked(vm, snapshot) and source.obstacle(vm, snapshot, world) is None


def _lock(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    vm = source.of(snapshot, world)
    if vm is None:
        return []
    if source.marked(vm) is None:
        return [_of_machine(vm, {"status": {"snapshotInProgress": name_of(snapshot)}}, "status")]
    ends = list(dict.fromkeys([*finalizers(vm), source.PROTECTION]))
    return [_of_machine(vm, {"metadata": {"finalizers": ends}})]


def _of_machine(vm: Json, patch: Json, subresource: str | None = None) -> Patch:
    """Change the machine, only if nobody else has meanwhile."""
    seen = {"resourceVersion": vm["metadata"]["resourceVersion"], **patch.get("metadata", {})}
    return Patch(VIRTUAL_MACHINES, name_of(vm), namespace_of(vm), {**patch, "metadata": seen}, subresource)


def _lacks_content(snapshot: Json, world: World) -> bool:
    vm = source.of(snapshot, world)
    if vm is None or not progressing(snapshot) or terminating(snapshot) or not snapshot.get("status"):
        return False
    return source.locked(vm, snapshot) and content_of(snapshot, world) is None


def _make_content(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    vm = source.of(snapshot, world)
    if vm is None:
        return []
    spec: Json = {
        "source": {"virtualMachine": source.written_down(vm, world)},
        "virtualMachineSnapshotName": name_of(snapshot),
    }
    backups = source.backups(vm, snapshot, world)
    if backups:
        spec["volumeBackups"] = backups
    name = content_name(snapshot)
    body = {
        "apiVersion": VM_SNAPSHOT_CONTENTS.api_version,
        "kind": VM_SNAPSHOT_CONTENTS.kind,
        "metadata": {"name": name, "namespace": namespace_of(snapshot), "finalizers": [CONTENT_FINALIZER]},
        "spec": spec,
    }
    message = f"Successfully created VirtualMachineSnapshotContent {name}"
    return [
        Create(VM_SNAPSHOT_CONTENTS, body),
        Event("SuccessfulVirtualMachineSnapshotContentCreate", message, component=CONTROLLER),
    ]


def _drops_content(snapshot: Json, world: World) -> bool:
    content = content_of(snapshot, world)
    gone = content is None or deleting(content) or not deletes_content(snapshot, content)
    return terminating(snapshot) and not gone


def _drop_content(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    content = content_of(snapshot, world)
    if content is None:
        return []
    return [Delete(VM_SNAPSHOT_CONTENTS, name_of(content), namespace_of(content), uid_of(content))]


def _may_unlock(snapshot: Json, world: World) -> bool:
    vm, content = source.of(snapshot, world), content_of(snapshot, world)
    if vm is None or source.marked(vm) != name_of(snapshot):
        return False
    kept = content is None or not deletes_content(snapshot, content)
    return not progressing(snapshot) or (terminating(snapshot) and kept)


def _unlock(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    vm = source.of(snapshot, world)
    if vm is None:
        return []
    if source.PROTECTION in finalizers(vm):
        left = [one for one in finalizers(vm) if one != source.PROTECTION]
        return [_of_machine(vm, {"metadata": {"finalizers": left or None}})]
    return [_of_machine(vm, {"status": {"snapshotInProgress": None}}, "status")]


def _may_go(snapshot: Json, world: World) -> bool:
    vm, content = source.of(snapshot, world), content_of(snapshot, world)
    held = vm is not None and source.marked(vm) == name_of(snapshot)
    kept = content is not None and deletes_content(snapshot, content)
    return deleting(snapshot) and FINALIZER in finalizers(snapshot) and not held and not kept


def _go(snapshot: Json, _world: World, _now: datetime) -> list[Effect]:
    left = [one for one in finalizers(snapshot) if one != FINALIZER]
    return [Change({"metadata": {"finalizers": left or None}})]


def _unprotected(snapshot: Json, _world: World) -> bool:
    return not terminating(snapshot) and FINALIZER not in finalizers(snapshot)


def _protect(snapshot: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Change({"metadata": {"finalizers": [*finalizers(snapshot), FINALIZER]}})]


def _deadline(snapshot: Json) -> datetime:
    return moment(snapshot["metadata"]["creationTimestamp"]) + timedelta(seconds=deadline_s(snapshot))


def _waits(snapshot: Json, _world: World) -> bool:
    return not deleting(snapshot) and progressing(snapshot) and deadline_s(snapshot) > 0


def _fail(snapshot: Json, world: World, now: datetime) -> list[Effect]:
    return status(_change(snapshot, wanted(snapshot, world, now, failed=True)))


STAGES: Stages = (
    Stage("new: protect it", _unprotected, _protect),
    Stage("new: say that it is under way", lambda s, _: not s.get("status"), _write, after_s=0.02),
    Stage("its content shall go", _drops_content, _drop_content),
    Stage("hold the machine", _wants_lock, _lock),
    Stage("the status is not true any more", _differs, _write),
    Stage("the machine is held: have the content made", _lacks_content, _make_content, after_s=0.02),
    Stage("it is over: let the machine go", _may_unlock, _unlock, after_s=0.02),
    Stage("deleted: let it go", _may_go, _go),
    Stage("it takes too long", _waits, _fail, until=_deadline),
)
