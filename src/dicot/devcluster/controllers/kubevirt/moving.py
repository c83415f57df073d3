"""What the nodes do to move a guest, as stages of its VirtualMachineInstance (virt-handler on both sides).

Pure. Follows status.migrationState, which virt-controller hands over (migration.py).
"""

from datetime import datetime

from dicot.devcluster.controllers import node
from dicot.devcluster.controllers.kubevirt import interfaces, manifest, running
from dicot.devcluster.controllers.kubevirt.launchers import (
    MIGRATION_JOB,
    migrations_of,
    moving,
    pod_of,
    pods_of,
    state,
)
from dicot.devcluster.controllers.kubevirt.migration import TARGET_NODE
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    get_condition,
    is_true,
    labels,
    stamp,
    uid_of,
    with_conditions,
)
from dicot.devcluster.controllers.stage import Change, Effect, Event, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

HANDLER = "virt-handler"
PORTS = (49152, 49153, 0)
FIRST_PORT = 32768
PORT_SPAN = 14000
GATE = 'corresponding condition of pod readiness gate "kubevirt.io/virtual-machine-unpaused" does not exist.'
ABORTED = "Live migration has been aborted"


def _runs(vmi: Json) -> bool:
    return phase(vmi) == "Running" and not deleting(vmi)


def _moves(vmi: Json) -> bool:
    return _runs(vmi) and moving(vmi)


def _step(vmi: Json, world: World) -> str:
    """Say the phase of the migration object that is under way."""
    uid = state(vmi).get("migrationUid")
    return next((phase(one) for one in migrations_of(vmi, world) if uid_of(one) == uid), "")


def _write(changes: Json, *extra: Effect) -> list[Effect]:
    return [*extra, Change({"status": {"migrationState": changes}})]


def _says(reason: str, message: str, kind: str = "Normal") -> Event:
    return Event(reason, message, kind, HANDLER)


def _active_pods(vmi: Json, world: World) -> dict[str, str]:
    known = vmi["status"].get("activePods") or {}
    return {**known, **{uid_of(pod): pod["spec"].get("nodeName") or "" for pod in pods_of(vmi, world)}}


def _pods_differ(vmi: Json, world: World) -> bool:
    return _runs(vmi) and _active_pods(vmi, world) != (vmi["status"].get("activePods") or {})


def _list_pods(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    return [Change({"status": {"activePods": _active_pods(vmi, world)}})]


def _unprepared(vmi: Json, _world: World) -> bool:
    return _moves(vmi) and not state(vmi).get("targetNodeAddress")


def _prepare(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    address = node.address(state(vmi)["targetNode"], world)
    ports = _ports(state(vmi)["migrationUid"])
    where = f"Migration Target is listening at {address}, on ports: {','.join(ports)}"
    new = {"targetNodeAddress": address, "targetDirectMigrationNodePorts": ports}
    return _write(
        new,
        _says("PreparingTarget", "VirtualMachineInstance Migration Target Prepared."),
        _says("PreparingTarget", where),
    )


def _ports(uid: str) -> dict[str, int]:
    """Choose the ports of one migration, always the same."""
    start = int(uid.replace("-", "")[:8], 16) % PORT_SPAN
    return {str(FIRST_PORT + start + index): port for index, port in enumerate(PORTS)}


def _may_start(vmi: Json, world: World) -> bool:
    return _moves(vmi) and _step(vmi, world) == "TargetReady" and not state(vmi).get("startTimestamp")


def _start(_vmi: Json, _world: World, now: datetime) -> list[Effect]:
    event = _says("Migrating", "VirtualMachineInstance is migrating.")
    return _write({"mode": "PreCopy", "startTimestamp": stamp(now)}, event)


def _is_cancelled(vmi: Json, _world: World) -> bool:
    return _moves(vmi) and bool(state(vmi).get("abortRequested")) and not state(vmi).get("endTimestamp")


def _cancel(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    uid = state(vmi)["migrationUid"]
    end = {
        "abortStatus": "Succeeded", "completed": True, "endTimestamp": stamp(now), "failed": True,
        "failureReason": ABORTED,
    }  # fmt: skip
    return [
        _says("Migrating", "VirtualMachineInstance is aborting migration."),
        _says("Migrated", f"VirtualMachineInstance migration uid {uid} failed. reason:{ABORTED}", "Warning"),
        Change({"metadata": {"labels": {TARGET_NODE: None}}, "status": {"migrationState": end}}),
    ]


def _arrives(vmi: Json, world: World) -> bool:
    return _moves(vmi) and _step(vmi, world) == "Running" and not state(vmi).get("targetNodeDomainDetected")


def _is_there(vmi: Json, _world: World) -> bool:
    known = state(vmi)
    return _moves(vmi) and bool(known.get("targetNodeDomainDetected")) and "targetNodeDomainReadyTimestamp" not in known


def _leave_source(_vmi: Json, _world: World, now: datetime) -> list[Effect]:
    return _write({"targetNodeDomainReadyTimestamp": stamp(now)}, _says("Deleted", "Signaled Deletion"))


def _may_settle(vmi: Json, _world: World) -> bool:
    known = state(vmi)
    return _moves(vmi) and "targetNodeDomainReadyTimestamp" in known and not known.get("endTimestamp")


def _settle(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    target = state(vmi)["targetNode"]
    changes = {
        "nodeName": target,
        "launcherContainerImageVersion": None,
        "memory": {"memoryOverhead": manifest.memory_overhead(vmi["spec"])},
        "migrationState": {"endTimestamp": stamp(now)},
    }
    labels = {"kubevirt.io/nodeName": target}
    return [
        _says("Migrated", f"The VirtualMachineInstance migrated to node {target}."),
        Change({"metadata": {"labels": labels}, "status": changes}),
    ]


def _is_unready_there(vmi: Json, _world: World) -> bool:
    return _moves(vmi) and bool(state(vmi).get("endTimestamp")) and is_true(vmi, "Ready")


def _get_unready(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    """Show the new launcher's readiness, whose gate opens once virt-handler has seen the guest in it."""
    new = condition("Ready", False, now, "ReadinessGatesNotReady", GATE)
    return [Change({"status": {"conditions": with_conditions(vmi["status"]["conditions"], new)}})]


def has_ready_launcher(vmi: Json, world: World) -> bool:
    """Say whether the launcher is ready, as all are but one that a guest has just moved to."""
    pod = pod_of(vmi, world)
    first = pod is None or MIGRATION_JOB not in labels(pod)
    unready = pod is not None and get_condition(pod, "Ready").get("status") == "False"
    return not moving(vmi) and not unready and (first or (pod is not None and is_true(pod, "Ready")))


def _may_complete(vmi: Json, _world: World) -> bool:
    return _moves(vmi) and bool(state(vmi).get("endTimestamp"))


def _complete(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    """Say that the migration is over, with what it has brought: processors and memory that the new pod has room for."""
    changes: Json = {**running.grown(vmi), "migrationState": {"completed": True}}
    if interfaces.waiting(vmi):
        changes["interfaces"] = _interfaces(vmi, world)
    return [Change({"metadata": {"labels": {TARGET_NODE: None}}, "status": changes})]


def _interfaces(vmi: Json, world: World) -> list[Json]:
    return running.interfaces(vmi, world, agent=bool(get_condition(vmi, "AgentConnected")))


def _unversioned(vmi: Json, _world: World) -> bool:
    return _runs(vmi) and not moving(vmi) and not vmi["status"].get("launcherContainerImageVersion")


def _show_again(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    changes = {"launcherContainerImageVersion": manifest.LAUNCHER_IMAGE, "interfaces": _interfaces(vmi, world)}
    return [Change({"status": changes})]


STAGES: Stages = (
    Stage("its launcher pods are others", _pods_differ, _list_pods),
    Stage("the target prepares", _unprepared, _prepare, after_s=0.3),
    Stage("the guest begins to move", _may_start, _start, after_s=0.1),
    Stage("the move is broken off", _is_cancelled, _cancel, after_s=0.3),
    Stage("the target sees the guest", _arrives, lambda *_: _write({"targetNodeDomainDetected": True}), after_s=0.5),
    Stage("the guest runs there", _is_there, _leave_source, after_s=0.2),
    Stage("the target owns it", _may_settle, _settle, after_s=0.05),
    Stage("its launcher there is not ready", _is_unready_there, _get_unready, after_s=0.05),
    Stage("the move is over", _may_complete, _complete, after_s=0.05),
    Stage("show it as it is there", _unversioned, _show_again, after_s=0.05),
)
