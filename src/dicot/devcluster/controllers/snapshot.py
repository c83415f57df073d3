"""The life of a VolumeSnapshot, as stages (snapshot-controller and a CSI driver in one).

Pure; the bytes are copied by the disks.
"""

from datetime import datetime

from dicot.devcluster.controllers.cdi import manifest
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    annotations,
    deleting,
    finalizers,
    name_of,
    namespace_of,
    stamp,
    uid_of,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Run, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOT_CLASSES, VOLUME_SNAPSHOT_CONTENTS

PROTECTION = (
    "snapshot.storage.kubernetes.io/volumesnapshot-as-source-protection",
    "snapshot.storage.kubernetes.io/volumesnapshot-bound-protection",
)
DEFAULT_CLASS = "snapshot.storage.kubernetes.io/is-default-class"
CONTROLLER = "snapshot-controller"


def class_of(snapshot: Json, world: World) -> Json | None:
    """Find the snapshot's class, the default one if it names none."""
    name = snapshot["spec"].get("volumeSnapshotClassName")
    if name:
        return world.get(VOLUME_SNAPSHOT_CLASSES, name)
    return next((o for o in world.all(VOLUME_SNAPSHOT_CLASSES) if annotations(o).get(DEFAULT_CLASS) == "true"), None)


def _claim_of(snapshot: Json, world: World) -> Json | None:
    name = snapshot["spec"]["source"].get("persistentVolumeClaimName", "")
    return world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(snapshot))


def content_name(snapshot: Json) -> str:
    """Name the VolumeSnapshotContent."""
    return f"snapcontent-{uid_of(snapshot)}"


def _state(snapshot: Json) -> Json:
    return snapshot.get("status") or {}


def _may_go(snapshot: Json, world: World) -> bool:
    return deleting(snapshot) and bool(set(PROTECTION) & set(finalizers(snapshot))) and not _in_use(snapshot, world)


def _in_use(snapshot: Json, world: World) -> bool:
    """Say whether a claim is still to be made from the snapshot."""
    using = world.find(PERSISTENT_VOLUME_CLAIMS, f"claim/{namespace_of(snapshot)}/{name_of(snapshot)}")
    return any(phase(one) == "Pending" and not deleting(one) for one in using)


def _go(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    uid = uid_of(snapshot)
    content = world.get(VOLUME_SNAPSHOT_CONTENTS, content_name(snapshot))
    effects: list[Effect] = []
    if content is not None and content["spec"].get("deletionPolicy") != "Retain":
        effects.append(Delete(VOLUME_SNAPSHOT_CONTENTS, name_of(content), "", uid_of(content)))

        async def remove(machinery: Machinery) -> None:
            await machinery.disks.remove(uid)

        effects.append(Run(remove))
    left = [one for one in finalizers(snapshot) if one not in PROTECTION]
    return [*effects, Change({"metadata": {"finalizers": left or None}})]


def _protect(snapshot: Json, _world: World, _now: datetime) -> list[Effect]:
    ends = list(dict.fromkeys([*finalizers(snapshot), *PROTECTION]))
    return [Change({"metadata": {"finalizers": ends}})]


def _problem(snapshot: Json, world: World) -> str | None:
    claim = _claim_of(snapshot, world)
    prefix = "Failed to create snapshot content with error "
    if claim is None:
        name = snapshot["spec"]["source"].get("persistentVolumeClaimName", "")
        what = f"snapshot controller failed to update {name_of(snapshot)} on API server: cannot get claim from snapshot"
        return f'{prefix}{what}: persistentvolumeclaims "{name}" not found'
    if class_of(snapshot, world) is None:
        name = snapshot["spec"].get("volumeSnapshotClassName")
        return f'{prefix}failed to get input parameters to create snapshot: volumesnapshotclass "{name}" not found'
    return None


def _has_problem(snapshot: Json, world: World) -> bool:
    problem = _problem(snapshot, world)
    known = (_state(snapshot).get("error") or {}).get("message")
    return not deleting(snapshot) and not _taken(snapshot) and problem is not None and problem != known


def _say_problem(snapshot: Json, world: World, now: datetime) -> list[Effect]:
    problem = _problem(snapshot, world) or ""
    event = Event("SnapshotContentCreationFailed", problem, "Warning", CONTROLLER)
    return status({"error": {"message": problem, "time": stamp(now)}, "readyToUse": False}, event)


def _taken(snapshot: Json) -> bool:
    return bool(_state(snapshot).get("boundVolumeSnapshotContentName"))


def _may_take(snapshot: Json, world: World) -> bool:
    claim = _claim_of(snapshot, world)
    if deleting(snapshot) or _taken(snapshot) or claim is None or class_of(snapshot, world) is None:
        return False
    return phase(claim) == "Bound"


def _take(snapshot: Json, world: World, _now: datetime) -> list[Effect]:
    claim, chosen = _claim_of(snapshot, world), class_of(snapshot, world)
    if claim is None or chosen is None:
        return []
    source, target = uid_of(claim), uid_of(snapshot)

    async def copy(machinery: Machinery) -> None:
        if machinery.disks.exists(source):
            await machinery.disks.clone(source, target)

    return [
        Run(copy),
        Create(VOLUME_SNAPSHOT_CONTENTS, _content(snapshot, claim, chosen), status={"readyToUse": True}),
        *status({
            "boundVolumeSnapshotContentName": content_name(snapshot),
            "readyToUse": False,
            "error": None,
        }),
    ]  # fmt: skip


def _content(snapshot: Json, claim: Json, chosen: Json) -> Json:
    return {
        "apiVersion": "snapshot.storage.k8s.io/v1",
        "kind": "VolumeSnapshotContent",
        "metadata": {"name": content_name(snapshot)},
        "spec": {
            "deletionPolicy": chosen.get("deletionPolicy", "Delete"),
            "driver": chosen["driver"],
            "source": {"volumeHandle": uid_of(claim)},
            "volumeSnapshotClassName": name_of(chosen),
            "volumeSnapshotRef": {
                "apiVersion": "snapshot.storage.k8s.io/v1",
                "kind": "VolumeSnapshot",
                "name": name_of(snapshot),
                "namespace": namespace_of(snapshot),
                "uid": uid_of(snapshot),
            },
        },
    }


def _cut(snapshot: Json, _world: World) -> bool:
    return not deleting(snapshot) and _taken(snapshot) and not _state(snapshot).get("readyToUse")


def _get_ready(snapshot: Json, world: World, now: datetime) -> list[Effect]:
    claim = _claim_of(snapshot, world)
    size = manifest.usable_bytes(claim, world) if claim is not None else 0
    capacity = (claim.get("status") or {}).get("capacity", {}).get("storage") if claim is not None else None
    return status({"readyToUse": True, "creationTime": stamp(now), "restoreSize": capacity or str(size)})


STAGES: Stages = (
    Stage("deleted: remove what it holds", _may_go, _go, after_s=0.02),
    Stage("new: protect it", lambda s, _: not deleting(s) and not set(PROTECTION) <= set(finalizers(s)), _protect),
    Stage("it cannot be taken: say why", _has_problem, _say_problem, after_s=0.02),
    Stage("take it", _may_take, _take, after_s=0.05),
    Stage("it is cut: ready to use", _cut, _get_ready, after_s=0.1),
)
