"""The life of a VirtualMachineInstanceMigration, as stages (virt-controller); what the nodes do is in moving.py.

Pure. The order of judgement is KubeVirt's updateStatus in watch/migration/migration.go.
"""

from datetime import datetime, timedelta
from typing import Any

from dicot.devcluster.controllers.kubevirt import manifest
from dicot.devcluster.controllers.kubevirt.launchers import (
    MIGRATION_JOB,
    MIGRATION_JOB_NAME,
    ended,
    migrations_of,
    pod_of,
    pods_of,
    state,
    target_of,
)
from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    annotations,
    deleting,
    finalizers,
    get_condition,
    is_true,
    labels,
    moment,
    name_of,
    namespace_of,
    stamp,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Patch, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import (
    KUBEVIRTS,
    PODS,
    VIRTUAL_MACHINE_INSTANCE_MIGRATIONS,
    VIRTUAL_MACHINE_INSTANCES,
)

FINALIZER = "kubevirt.io/migrationJobFinalize"
VMI_NAME = "kubevirt.io/vmi-name"
TARGET_NODE = "kubevirt.io/migrationTargetNodeName"
CONTROLLER = "virtualmachine-controller"
ABORT = "migrationAbortRequested"
REJECTED = "migrationRejectedByResourceQuota"
KEPT_FINISHED = 5
UNSCHEDULABLE_S = 300
HANDED_OVER = ("PreparingTarget", "TargetReady", "Running")
TARGET_EXISTS = ("Scheduling", "Scheduled", *HANDED_OVER)
LIVE_CHANGES = ("HotVCPUChange", "HotMemoryChange", "MigrationRequired")
CONFIGURATION: Json = {
    "allowAutoConverge": False, "allowPostCopy": False, "allowWorkloadDisruption": False,
    "bandwidthPerMigration": "0", "completionTimeoutPerGiB": 150, "maxDowntimeMs": 900,
    "nodeDrainTaintKey": "kubevirt.io/drain", "parallelMigrationsPerCluster": 5,
    "parallelOutboundMigrationsPerNode": 2, "progressTimeout": 150, "unsafeMigrationOverride": False,
    "utilityVolumesTimeout": 150,
}  # fmt: skip


def configuration(world: World) -> Json:
    """Read how this cluster migrates: KubeVirt's defaults, and what its custom resource says otherwise."""
    found = next(iter(world.all(KUBEVIRTS)), None) or {}
    own = ((found.get("spec") or {}).get("configuration") or {}).get("migrations") or {}
    return {**CONFIGURATION, **{key: value for key, value in own.items() if key in CONFIGURATION}}


def vmi_of(migration: Json, world: World) -> Json | None:
    """Find the instance that the migration names."""
    return world.get(VIRTUAL_MACHINE_INSTANCES, migration["spec"]["vmiName"], namespace_of(migration))


def _target(migration: Json, world: World) -> Json | None:
    vmi = vmi_of(migration, world)
    return target_of(migration, vmi, world) if vmi is not None else None


def _ours(migration: Json, world: World) -> Json:
    """Read the instance's migrationState if it tells of this very migration, else {}."""
    vmi = vmi_of(migration, world)
    known = state(vmi) if vmi is not None else {}
    return known if known.get("migrationUid") == uid_of(migration) else {}


def _entered(migration: Json, new: str, now: datetime, **changes: Any) -> list[Effect]:
    times = (migration.get("status") or {}).get("phaseTransitionTimestamps") or []
    entry = {"phase": new, "phaseTransitionTimestamp": stamp(now)}
    return status({"phase": new, "phaseTransitionTimestamps": [*times, entry], **changes})


def _says(reason: str, message: str, kind: str = "Normal") -> Event:
    return Event(reason, message, kind, CONTROLLER)


def _doom(migration: Json, world: World) -> str | None:
    """Say why the migration has failed, if it has."""
    if ended(migration):
        return None
    vmi, now = vmi_of(migration, world), phase(migration)
    ours, pod = _ours(migration, world), _target(migration, world)
    if vmi is None:
        return "Migration failed because vmi does not exist."
    if final(vmi):
        return "Migration failed vmi shutdown during migration."
    if deleting(migration) and now not in HANDED_OVER and not ours:
        return "Migration failed due to being canceled"
    if pod is not None and (final(pod) or deleting(pod)) and not ours.get("endTimestamp"):
        return "Migration failed because target pod shutdown during migration"
    if now in TARGET_EXISTS and pod is None:
        return "Migration target pod was removed during active migration."
    if ours.get("failed"):
        return "source node reported migration failed"
    if now == "" and _rivalled(migration, vmi, world):
        return "VMI is not eligible for migration because another migration job is in progress."
    return None


def _rivalled(migration: Json, vmi: Json, world: World) -> bool:
    return any(phase(one) and not ended(one) for one in migrations_of(vmi, world) if uid_of(one) != uid_of(migration))


def _fail(migration: Json, world: World, now: datetime) -> list[Effect]:
    message, pod = _doom(migration, world) or "", _target(migration, world)
    old = (migration.get("status") or {}).get("conditions") or []
    new = with_conditions(old, _abort_requested(now)) if deleting(migration) else old
    effects: list[Effect] = [_says("FailedMigration", message, "Warning")]
    if pod is not None and not _ours(migration, world):
        effects.append(Delete(PODS, name_of(pod), namespace_of(pod), uid_of(pod)))
    effects += _broken_off(migration, message, world, now)
    return [*effects, *_entered(migration, "Failed", now, **({"conditions": new} if new else {}))]


def _broken_off(migration: Json, why: str, world: World, now: datetime) -> list[Effect]:
    """Tell the instance of a migration that ended without its nodes knowing."""
    vmi, ours = vmi_of(migration, world), _ours(migration, world)
    if vmi is None or not ours or ours.get("endTimestamp"):
        return []
    ending = {"completed": True, "failed": True, "endTimestamp": stamp(now), "failureReason": why}
    patch = {"metadata": {"labels": {TARGET_NODE: None}}, "status": {"migrationState": ending}}
    return [Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vmi), namespace_of(vmi), patch)]


def _abort_requested(now: datetime) -> Json:
    return {"lastProbeTime": stamp(now), "lastTransitionTime": None, "status": "True", "type": ABORT}


def _may_go(migration: Json, _world: World) -> bool:
    return ended(migration) and FINALIZER in finalizers(migration)


def _let_go(migration: Json, world: World, _now: datetime) -> list[Effect]:
    left = [one for one in finalizers(migration) if one != FINALIZER]
    ours = _ours(migration, world)
    end = status({"migrationState": ours}) if ours else []
    return [*end, Change({"metadata": {"finalizers": left or None}})]


def _surplus(migration: Json, world: World) -> bool:
    """Say whether so many newer migrations of the instance have ended that this one is not kept."""
    vmi = vmi_of(migration, world)
    if vmi is None or not ended(migration) or deleting(migration):
        return False
    done = sorted((one for one in migrations_of(vmi, world) if ended(one)), key=_age)
    return uid_of(migration) in {uid_of(one) for one in done[:-KEPT_FINISHED]}


def _age(migration: Json) -> tuple[str, str]:
    return migration["metadata"].get("creationTimestamp", ""), name_of(migration)


def _collect(migration: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Delete(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, name_of(migration), namespace_of(migration), uid_of(migration))]


def _is_told_to_stop(migration: Json, _world: World) -> bool:
    return deleting(migration) and not ended(migration) and not get_condition(migration, ABORT)


def _note_stop(migration: Json, _world: World, now: datetime) -> list[Effect]:
    old = (migration.get("status") or {}).get("conditions") or []
    return status({"conditions": [*old, _abort_requested(now)]})


def _can_stop(migration: Json, world: World) -> bool:
    ours = _ours(migration, world)
    started = bool(ours.get("startTimestamp")) and not ours.get("endTimestamp")
    return deleting(migration) and phase(migration) == "Running" and started and not ours.get("abortRequested")


def _stop(migration: Json, _world: World, _now: datetime) -> list[Effect]:
    patch = {"status": {"migrationState": {"abortRequested": True}}}
    return [
        Patch(VIRTUAL_MACHINE_INSTANCES, migration["spec"]["vmiName"], namespace_of(migration), patch),
        _says("SuccessfulAbortMigration", "Migration is ready to be canceled by virt-handler."),
    ]


def _untouched(migration: Json, _world: World) -> bool:
    return not annotations(migration).items() >= manifest.OBSERVED.items() and not ended(migration)


def _touch(_migration: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Change({"metadata": {"annotations": manifest.OBSERVED}})]


def _accept(migration: Json, world: World, now: datetime) -> list[Effect]:
    vmi = vmi_of(migration, world)
    pod = pod_of(vmi, world) if vmi is not None else None
    source = {"migrationState": {"sourcePod": name_of(pod)}} if pod is not None else {}
    return _entered(migration, "Pending", now, **source)


def _target_is_due(migration: Json, world: World) -> bool:
    vmi = vmi_of(migration, world)
    if phase(migration) != "Pending" or vmi is None or phase(vmi) != "Running" or _target(migration, world) is not None:
        return False
    alive = [pod for pod in pods_of(vmi, world) if not final(pod) and not deleting(pod)]
    return len(alive) <= 1 and _has_room(vmi, world)


def _has_room(vmi: Json, world: World) -> bool:
    limits = configuration(world)
    busy = [one for one in world.all(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS) if phase(one) in TARGET_EXISTS]
    node = vmi["status"].get("nodeName")
    sources = [vmi_of(one, world) for one in busy]
    outbound = sum(1 for one in sources if one is not None and one["status"].get("nodeName") == node)
    return len(busy) < limits["parallelMigrationsPerCluster"] and outbound < limits["parallelOutboundMigrationsPerNode"]


def target_pod(migration: Json, vmi: Json) -> Json:
    """Write the launcher pod of the migration's target: on another node than any other of the instance."""
    pod = manifest.launcher_pod(vmi)
    pod["metadata"]["labels"][MIGRATION_JOB] = uid_of(migration)
    pod["metadata"]["annotations"][MIGRATION_JOB_NAME] = name_of(migration)
    spec = pod["spec"]
    spec["nodeSelector"] = {**spec["nodeSelector"], **(migration["spec"].get("addedNodeSelector") or {})}
    affinity = dict(spec.get("affinity") or {})
    apart = dict(affinity.get("podAntiAffinity") or {})
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    own = {
        "labelSelector": {"matchLabels": {"kubevirt.io/created-by": uid_of(vmi)}},
        "topologyKey": "kubernetes.io/hostname",
    }
    apart[key] = [*(apart.get(key) or []), own]
    spec["affinity"] = {**affinity, "podAntiAffinity": apart}
    return pod


def _make_target(migration: Json, world: World, _now: datetime) -> list[Effect]:
    vmi = vmi_of(migration, world)
    if vmi is None:
        return []
    pod = target_pod(migration, vmi)
    return [Create(PODS, pod), _says("SuccessfulCreate", f"Created migration target pod {name_of(pod)}")]


def _refused_target(migration: Json, _world: World, now: datetime, error: KubeError) -> list[Effect]:
    """Say that a quota forbids the pod; it is tried again."""
    if "exceeded quota" not in error.message or is_true(migration, REJECTED):
        return []
    old = (migration.get("status") or {}).get("conditions") or []
    rejected = {"lastProbeTime": stamp(now), "lastTransitionTime": None, "status": "True", "type": REJECTED}
    return status({"conditions": [*old, rejected]})


def _schedule(migration: Json, _world: World, now: datetime) -> list[Effect]:
    old = (migration.get("status") or {}).get("conditions") or []
    left = [one for one in old if one["type"] != REJECTED]
    return _entered(migration, "Scheduling", now, **({"conditions": left} if left != old else {}))


def _target_runs(migration: Json, world: World) -> bool:
    pod = _target(migration, world)
    return phase(migration) == "Scheduling" and pod is not None and phase(pod) == "Running"


def _target_listed(migration: Json, world: World) -> bool:
    """Say whether the instance shows the target among its active pods, as it does before it is handed over."""
    vmi, pod = vmi_of(migration, world), _target(migration, world)
    if phase(migration) != "Scheduled" or vmi is None or pod is None:
        return False
    return bool((vmi["status"].get("activePods") or {}).get(uid_of(pod)))


def _hand_over(migration: Json, world: World, now: datetime) -> list[Effect]:
    vmi, pod = vmi_of(migration, world), _target(migration, world)
    if vmi is None or pod is None:
        return []
    node = pod["spec"]["nodeName"]
    new: Json = {
        "migrationConfiguration": configuration(world),
        "migrationUid": uid_of(migration),
        "sourceNode": vmi["status"]["nodeName"],
        "sourcePod": migration["status"]["migrationState"]["sourcePod"],
        "targetMemoryOverhead": manifest.memory_overhead(vmi["spec"]),
        "targetNode": node,
        "targetPod": name_of(pod),
    }
    changes = {**dict.fromkeys(state(vmi)), **new}
    patch = {"metadata": {"labels": {TARGET_NODE: node}}, "status": {"migrationState": changes}}
    return [
        Patch(VIRTUAL_MACHINE_INSTANCES, name_of(vmi), namespace_of(vmi), patch),
        _says("SuccessfulHandOver", "Migration target pod is ready for preparation by virt-handler."),
        *_entered(migration, "PreparingTarget", now),
    ]


def _listens(migration: Json, world: World) -> bool:
    return phase(migration) == "PreparingTarget" and bool(_ours(migration, world).get("targetNodeAddress"))


def _started(migration: Json, world: World) -> bool:
    return phase(migration) == "TargetReady" and bool(_ours(migration, world).get("startTimestamp"))


def _done(migration: Json, world: World) -> bool:
    vmi, ours = vmi_of(migration, world), _ours(migration, world)
    if vmi is None or phase(migration) != "Running" or not ours.get("completed") or ours.get("failed"):
        return False
    return not any(is_true(vmi, one) for one in LIVE_CHANGES)


def _succeed(migration: Json, _world: World, now: datetime) -> list[Effect]:
    event = _says("SuccessfulMigration", "Source node reported migration succeeded")
    return [event, *_entered(migration, "Succeeded", now)]


def _unschedulable(migration: Json, world: World) -> bool:
    pod = _target(migration, world)
    return pod is not None and not ended(migration) and get_condition(pod, "PodScheduled").get("status") == "False"


def _patience_ends(migration: Json) -> datetime:
    return moment(migration["metadata"]["creationTimestamp"]) + timedelta(seconds=UNSCHEDULABLE_S)


def _give_up(migration: Json, world: World, _now: datetime) -> list[Effect]:
    pod = _target(migration, world)
    if pod is None:
        return []
    message = f"unschedulable pod {name_of(pod)} timeout period exceeded"
    return [
        Delete(PODS, name_of(pod), namespace_of(pod), uid_of(pod)),
        _says("SuccessfulDelete", message),
    ]


def job_of(pod: Json) -> str | None:
    """Name the migration that made the pod, None if it is no target."""
    return annotations(pod).get(MIGRATION_JOB_NAME) if MIGRATION_JOB in labels(pod) else None


STAGES: Stages = (
    Stage("ended: keep its end and let it go", _may_go, _let_go, after_s=0.05),
    Stage("ended long ago: collect it", _surplus, _collect),
    Stage("it has failed", lambda m, w: _doom(m, w) is not None, _fail, after_s=0.02),
    Stage("to be cancelled: say so", _is_told_to_stop, _note_stop, after_s=0.02),
    Stage("to be cancelled, and it runs: tell the nodes", _can_stop, _stop, after_s=0.02),
    Stage("new: take charge of it", _untouched, _touch, after_s=0.02),
    Stage("new: accept it", lambda m, _: phase(m) == "", _accept, after_s=0.02),
    Stage("its target is due", _target_is_due, _make_target, after_s=0.05, on_error=_refused_target,
          alone=True),
    Stage("its target is made", lambda m, w: phase(m) == "Pending" and _target(m, w) is not None,
          _schedule, after_s=0.02),
    Stage("its target runs", _target_runs, lambda m, _, now: _entered(m, "Scheduled", now), after_s=0.05),
    Stage("hand it over to the nodes", _target_listed, _hand_over, after_s=0.1),
    Stage("the target listens", _listens, lambda m, _, now: _entered(m, "TargetReady", now), after_s=0.02),
    Stage("the guest moves", _started, lambda m, _, now: _entered(m, "Running", now), after_s=0.02),
    Stage("the guest has moved", _done, _succeed, after_s=0.05),
    Stage("no node for the target in five minutes", _unschedulable, _give_up, until=_patience_ends),
)  # fmt: skip
