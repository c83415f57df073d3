"""The life of a VirtualMachineInstance, as stages (virt-controller and virt-handler).

Pure. VirtualMachineInstance has no status subresource: its status is written through the object itself.
"""

from datetime import datetime
from typing import Any

from dicot.devcluster.controllers import node, serial
from dicot.devcluster.controllers.kubevirt import (
    credentials,
    evacuation,
    hotplug,
    interfaces,
    manifest,
    moving,
    running,
    volumes,
    workload_update,
)
from dicot.devcluster.controllers.kubevirt.launchers import pod_of, pods_of
from dicot.devcluster.controllers.kubevirt.run_strategy import final
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    finalizers,
    get_condition,
    is_true,
    name_of,
    namespace_of,
    probed,
    quantity,
    stamp,
    uid_of,
    with_conditions,
    without_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Delete, Effect, Event, Run, Stage, Stages, halted
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.errors import KubeError
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS, PODS

HANDLER = "virt-handler"
NO_AGENT = "devcluster.dicot.io/no-guest-agent"


def write(vmi: Json, changes: Json, *extra: Effect) -> list[Effect]:
    """Name the effects of a status change, then `extra`."""
    return [Change({"status": changes}), *extra]


def conditions(vmi: Json) -> list[Json]:
    """Read the conditions, [] if there are none."""
    return (vmi.get("status") or {}).get("conditions") or []


def entered(vmi: Json, new: str, now: datetime) -> Json:
    """Write the change of phase and its time."""
    times = (vmi.get("status") or {}).get("phaseTransitionTimestamps") or []
    entry = {"phase": new, "phaseTransitionTimestamp": stamp(now)}
    return {"phase": new, "phaseTransitionTimestamps": [*times, entry]}


def _not_ready(vmi: Json, now: datetime, reason: str, message: str) -> list[Json]:
    return with_conditions(conditions(vmi), probed(condition("Ready", False, now, reason, message)))


def _may_go(vmi: Json, world: World) -> bool:
    ours = {manifest.FINALIZER, manifest.FOREGROUND} & set(finalizers(vmi))
    return deleting(vmi) and bool(ours) and final(vmi) and not pods_of(vmi, world)


def _go(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    uid = uid_of(vmi)
    left = [one for one in finalizers(vmi) if one not in (manifest.FINALIZER, manifest.FOREGROUND)]

    async def forget(machinery: Machinery) -> None:
        machinery.serial.remove(uid)

    return [Run(forget), Change({"metadata": {"finalizers": left or None}})]


def _pod_must_go(vmi: Json, world: World) -> bool:
    return deleting(vmi) and final(vmi) and bool(pods_of(vmi, world))


def _remove_pod(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    return [Delete(PODS, name_of(pod), namespace_of(pod), uid_of(pod)) for pod in pods_of(vmi, world)]


def _told_to_end(vmi: Json, _world: World) -> bool:
    reason = get_condition(vmi, "Ready").get("reason")
    return deleting(vmi) and phase(vmi) == "Running" and reason != "PodTerminating"


def _begin_to_end(vmi: Json, world: World, now: datetime) -> list[Effect]:
    pod = pod_of(vmi, world)
    events: list[Effect] = [Event("ShuttingDown", "Signaled Graceful Shutdown", component=HANDLER)]
    if pod is not None:
        events.insert(0, Event("SuccessfulDelete", f"Deleted virtual machine pod {name_of(pod)}"))
    terminating = _not_ready(vmi, now, "PodTerminating", "virt-launcher pod is terminating")
    return write(vmi, {"conditions": terminating}, *events)


def _agent_goes(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    return write(vmi, {"conditions": without_conditions(conditions(vmi), "AgentConnected")})


def _leaves_agent(vmi: Json, _world: World) -> bool:
    return deleting(vmi) and phase(vmi) == "Running" and bool(get_condition(vmi, "AgentConnected"))


def _end(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    left = without_conditions(conditions(vmi), "AgentConnected", "Paused")
    return [
        Run(_print(vmi, serial.shutdown_lines())),
        Event("Deleted", "Signaled Deletion", component=HANDLER),
        *write(vmi, {**entered(vmi, "Succeeded", now), "conditions": left}),
        Event("Stopped", "The VirtualMachineInstance was shut down.", component=HANDLER),
    ]


def _end_early(vmi: Json, world: World, now: datetime) -> list[Effect]:
    if pod_of(vmi, world) is None:
        reason, message = "PodNotExists", "virt-launcher pod has not yet been scheduled"
    else:
        reason, message = "PodTerminating", "virt-launcher pod is terminating"
    left = without_conditions(_not_ready(vmi, now, reason, message), "Synchronized")
    return write(vmi, {**entered(vmi, "Failed", now), "conditions": left})


def _missing_claim(vmi: Json, world: World) -> str | None:
    namespace = namespace_of(vmi)
    names = (volumes.claim_of(v) for v in vmi["spec"].get("volumes") or [] if not volumes.hotpluggable(v))
    return next((name for name in names if name and world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace) is None), None)


def _lacks_claim(vmi: Json, world: World) -> bool:
    name = _missing_claim(vmi, world)
    return phase(vmi) == "Pending" and name is not None and name not in _lack(vmi)


def _lack(vmi: Json) -> str:
    found = get_condition(vmi, "Synchronized")
    return found.get("message", "") if found.get("reason") == "FailedPvcNotFound" else ""


def _say_claim_lacks(vmi: Json, world: World, now: datetime) -> list[Effect]:
    message = f"PVC {namespace_of(vmi)}/{_missing_claim(vmi, world)} does not exist, waiting for it to appear"
    new = with_conditions(
        conditions(vmi),
        probed(condition("Ready", False, now, "PodNotExists", "virt-launcher pod has not yet been scheduled")),
        {**condition("PodScheduled", False, now, "Unschedulable", message), "lastTransitionTime": None},
        condition("Synchronized", False, now, "FailedPvcNotFound", message),
    )
    return write(vmi, {"conditions": new}, Event("FailedPvcNotFound", message))


def _claim_came(vmi: Json, world: World) -> bool:
    return bool(_lack(vmi)) and _missing_claim(vmi, world) is None


def _say_claim_came(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    return write(vmi, {"conditions": without_conditions(conditions(vmi), "PodScheduled", "Synchronized")})


def _pod_is_due(vmi: Json, world: World) -> bool:
    if phase(vmi) != "Pending" or pod_of(vmi, world) is not None or _missing_claim(vmi, world) is not None:
        return False
    names = (volumes.claim_of(v) for v in vmi["spec"].get("volumes") or [] if not volumes.hotpluggable(v))
    found = (world.get(DATA_VOLUMES, name, namespace_of(vmi)) for name in names if name)
    return all(phase(one) in (*volumes.DONE, *volumes.WAITS_FOR_CONSUMER) for one in found if one is not None)


def _make_pod(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    pod = manifest.launcher_pod(vmi)
    return [Create(PODS, pod), Event("SuccessfulCreate", f"Created virtual machine pod {name_of(pod)}")]


def _fail_pod(vmi: Json, _world: World, now: datetime, error: KubeError) -> list[Effect]:
    """Say why the pod was refused, by a quota for example; it is tried again."""
    failed = condition(
        "Synchronized", False, now, "FailedCreate", f"failed to create virtual machine pod: {error.message}"
    )
    new = with_conditions(conditions(vmi), failed)
    if new == conditions(vmi):
        return []
    return write(vmi, {"conditions": new}, Event("FailedCreate", f"Error creating pod: {error.message}", "Warning"))


def _schedule(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    new = _not_ready(vmi, now, "GuestNotRunning", "Guest VM is not reported as running")
    new = without_conditions(new, "Synchronized")
    return write(vmi, {**entered(vmi, "Scheduling", now), "conditions": new})


def _moves_in(vmi: Json, world: World) -> bool:
    pod = pod_of(vmi, world)
    known = (vmi.get("status") or {}).get("activePods") or {}
    return phase(vmi) == "Scheduling" and pod is not None and known.get(uid_of(pod)) != pod["spec"].get("nodeName", "")


def _name_its_pod(vmi: Json, world: World, _now: datetime) -> list[Effect]:
    pod = pod_of(vmi, world)
    if pod is None:
        return []
    changes = {
        "activePods": {uid_of(pod): pod["spec"].get("nodeName", "")},
        "launcherContainerImageVersion": manifest.LAUNCHER_IMAGE,
        "memory": {"memoryOverhead": manifest.memory_overhead(vmi["spec"])},
        "qosClass": "Burstable",
    }
    return [Change({"metadata": {"annotations": manifest.OBSERVED}, "status": changes})]


def _pod_condition(vmi: Json, world: World) -> Json:
    pod = pod_of(vmi, world)
    found = get_condition(pod, "PodScheduled") if pod is not None else {}
    return found if found.get("status") == "False" else {}


def _schedule_differs(vmi: Json, world: World) -> bool:
    if phase(vmi) != "Scheduling":
        return False
    return _pod_condition(vmi, world).get("message") != get_condition(vmi, "PodScheduled").get("message")


def _mirror_schedule(vmi: Json, world: World, now: datetime) -> list[Effect]:
    found = _pod_condition(vmi, world)
    if not found:
        return write(vmi, {"conditions": without_conditions(conditions(vmi), "PodScheduled")})
    new = condition("PodScheduled", False, now, found["reason"], found["message"])
    return write(vmi, {"conditions": with_conditions(conditions(vmi), new)})


def _pod_runs(vmi: Json, world: World) -> bool:
    pod = pod_of(vmi, world)
    return phase(vmi) == "Scheduling" and pod is not None and phase(pod) == "Running"


def _hand_over(vmi: Json, world: World, now: datetime) -> list[Effect]:
    pod = pod_of(vmi, world)
    if pod is None:
        return []
    host = pod["spec"]["nodeName"]
    changes = {
        **entered(vmi, "Scheduled", now),
        "nodeName": host,
        "interfaces": running.interfaces(vmi, world),
    }
    return [Change({"metadata": {"labels": {"kubevirt.io/nodeName": host}}, "status": changes})]


def _judge_migration(vmi: Json, world: World, now: datetime) -> list[Effect]:
    new = with_conditions(conditions(vmi), *running.migration_conditions(vmi, world, now))
    return write(vmi, {"conditions": new, "migrationMethod": "BlockMigration", "migrationTransport": "Unix"})


def _unjudged(vmi: Json, _world: World) -> bool:
    return phase(vmi) == "Scheduled" and not get_condition(vmi, "LiveMigratable")


def _boot(vmi: Json, world: World, now: datetime) -> list[Effect]:
    changes = {**entered(vmi, "Running", now), **running.status(vmi, world)}
    new = conditions(vmi)
    if vmi["spec"].get("startStrategy") == "Paused":
        new = with_conditions(new, probed(condition("Paused", True, now, "PausedByUser", "VMI was paused by user")))
    return [
        Run(_print(vmi, serial.kernel_lines(vmi))),
        Event("Created", "VirtualMachineInstance defined.", component=HANDLER),
        *write(vmi, {**changes, "conditions": new}),
        Event("Started", "VirtualMachineInstance started.", component=HANDLER),
    ]


def _readiness(vmi: Json) -> bool:
    return phase(vmi) == "Running" and not deleting(vmi)


def _shall_be_ready(vmi: Json, world: World) -> bool:
    waits = get_condition(vmi, "Ready").get("reason")
    if not _readiness(vmi) or is_true(vmi, "Ready") or not moving.has_ready_launcher(vmi, world):
        return False
    return waits == "GuestNotRunning" or not is_true(vmi, "Paused")


def _get_ready(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    return write(vmi, {"conditions": with_conditions(conditions(vmi), condition("Ready", True, now))})


def _paused_but_ready(vmi: Json, _world: World) -> bool:
    return _readiness(vmi) and is_true(vmi, "Paused") and is_true(vmi, "Ready")


def _get_unready(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    message = 'the status of pod readiness gate "kubevirt.io/virtual-machine-unpaused" is not "True", but False'
    gate = condition("Ready", False, now, "ReadinessGatesNotReady", message)  # the pod's own, which is not probed
    return write(vmi, {"conditions": with_conditions(conditions(vmi), gate)})


def _links_differ(vmi: Json, _world: World) -> bool:
    return _readiness(vmi) and interfaces.statuses(vmi) != ((vmi.get("status") or {}).get("interfaces") or [])


def _set_links(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    return write(vmi, {"interfaces": interfaces.statuses(vmi)})


def _agent_is_due(vmi: Json, _world: World) -> bool:
    installed = (vmi["metadata"].get("annotations") or {}).get(NO_AGENT) != "true"
    return installed and _readiness(vmi) and is_true(vmi, "Ready") and not get_condition(vmi, "AgentConnected")


def _connect_agent(vmi: Json, world: World, now: datetime) -> list[Effect]:
    connected = {**condition("AgentConnected", True, now), "lastProbeTime": stamp(now), "lastTransitionTime": None}
    changes: Json = {
        "conditions": with_conditions(conditions(vmi), connected),
        "guestOSInfo": running.GUEST_OS,
        "interfaces": running.interfaces(vmi, world, agent=True),
    }
    return [
        Run(_print(vmi, serial.cloud_init_lines(vmi, now) + serial.login_prompt(vmi))),
        *write(vmi, changes),
    ]


def _print(vmi: Json, text: str) -> Any:
    uid = uid_of(vmi)

    async def action(machinery: Machinery) -> None:
        machinery.serial.append(uid, text)

    return action


def _scheduled(vmi: Json, _world: World) -> bool:
    return phase(vmi) == "Scheduled" and not deleting(vmi)


def _undefinable(vmi: Json) -> str | None:
    """Say why the launcher cannot define the guest: what admission lets pass, and libvirt does not."""
    memory = (vmi["spec"]["domain"].get("memory") or {}).get("guest")
    if memory is None or quantity(memory) >= 0:
        return None
    return f"server error. command SyncVMI failed: \"Memory size '{memory}' must be greater than or equal to 0\""


def _fails_to_boot(vmi: Json, world: World) -> bool:
    return _scheduled(vmi, world) and _undefinable(vmi) is not None


def _says_nothing_of_it(vmi: Json, world: World) -> bool:
    return _fails_to_boot(vmi, world) and get_condition(vmi, "Synchronized").get("message") != _undefinable(vmi)


def _say_undefinable(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    message = _undefinable(vmi) or ""
    failed = condition("Synchronized", False, now, "Synchronizing with the Domain failed.", message)
    names = sorted(volume["name"] for volume in vmi["spec"].get("volumes") or [])
    changes = {
        "conditions": with_conditions(conditions(vmi), failed),
        "interfaces": [{key: one[key] for key in ("name", "podInterfaceName")} for one in vmi["status"]["interfaces"]],
        "selinuxContext": "none",
        "volumeStatus": [{"name": name, "target": ""} for name in names],
    }
    return write(vmi, changes, Event("SyncFailed", message, "Warning", HANDLER))


def _ended_by_itself(vmi: Json, _world: World) -> bool:
    held = manifest.FINALIZER in finalizers(vmi) or is_true(vmi, "Ready")
    return final(vmi) and not deleting(vmi) and held


def _lay_down(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    left = [one for one in finalizers(vmi) if one != manifest.FINALIZER]
    new = _not_ready(vmi, now, "PodTerminating", "virt-launcher pod is terminating")
    return [Change({"metadata": {"finalizers": left or None}, "status": {"conditions": new}})]


def _stranded(vmi: Json, world: World) -> bool:
    return node.is_lost((vmi.get("status") or {}).get("nodeName"), world)


def _knows_of_loss(vmi: Json, world: World) -> bool:
    """Say whether the launcher is not ready for want of its node, and the instance does not show it."""
    pod = pod_of(vmi, world)
    ready = get_condition(pod, "Ready") if pod is not None else {}
    lost = ready.get("status") == "False" and not ready.get("reason")
    return lost and phase(vmi) == "Running" and is_true(vmi, "Ready")


def _show_loss(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    return write(vmi, {"conditions": with_conditions(conditions(vmi), condition("Ready", False, now))})


def _lost_launcher(vmi: Json, world: World) -> bool:
    has_one = phase(vmi) in ("Scheduling", "Scheduled", "Running")
    return has_one and not deleting(vmi) and pod_of(vmi, world) is None


def _end_without_launcher(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    """Let the guest shut down as a launcher that is told to end makes it do; one that did not run yet has failed."""
    terminating = _not_ready(vmi, now, "PodTerminating", "virt-launcher pod is terminating")
    left = without_conditions(terminating, "AgentConnected", "Paused")
    if phase(vmi) != "Running":
        return write(vmi, {**entered(vmi, "Failed", now), "conditions": left})
    return [
        Event("ShuttingDown", "Signaled Graceful Shutdown", component=HANDLER),
        Run(_print(vmi, serial.shutdown_lines())),
        *write(vmi, {**entered(vmi, "Succeeded", now), "conditions": left}),
        Event("Stopped", "The VirtualMachineInstance was shut down.", component=HANDLER),
    ]


STAGES: Stages = (
    Stage("ended, and its pod is gone: let it go", _may_go, _go, after_s=0.02),
    Stage("ended and deleted: remove its pod", _pod_must_go, _remove_pod, after_s=0.05),
    Stage("its node is given up: it is not ready", _knows_of_loss, _show_loss),
    halted("its node is dead", _stranded),
    Stage("its launcher was taken away: the guest ends", _lost_launcher, _end_without_launcher, after_s=0.1),
    Stage("deleted while it ran: begin to end", _told_to_end, _begin_to_end, after_s=0.1),
    Stage("the guest's agent goes first", _leaves_agent, _agent_goes, after_s=0.3),
    Stage("the guest shuts down", lambda v, _: deleting(v) and phase(v) == "Running", _end, after_s=0.1),
    Stage("deleted before it ran", lambda v, _: deleting(v) and not final(v), _end_early, after_s=0.02),
    Stage("the guest has ended by itself: its pod ends too", _ended_by_itself, _lay_down, after_s=0.02),
    Stage("a claim does not exist: say so", _lacks_claim, _say_claim_lacks),
    Stage("the missing claim has come", _claim_came, _say_claim_came),
    Stage("its pod is due", _pod_is_due, _make_pod, after_s=0.02, on_error=_fail_pod),
    Stage("it has a pod", lambda v, w: phase(v) == "Pending" and pod_of(v, w) is not None, _schedule, after_s=0.02),
    Stage("where the pod can run has changed", _schedule_differs, _mirror_schedule),
    Stage("where its pod is, if it has a place, is not told", _moves_in, _name_its_pod, after_s=0.02),
    Stage("its pod runs: hand over to the node", _pod_runs, _hand_over, after_s=0.05),
    Stage("can it migrate?", _unjudged, _judge_migration, after_s=0.05),
    Stage("the guest cannot be defined: say so", _says_nothing_of_it, _say_undefinable, after_s=0.5),
    halted("the guest cannot be defined", _fails_to_boot),
    Stage("the guest boots", _scheduled, _boot, after_s=0.5),
    *moving.STAGES,
    *evacuation.STAGES,
    *interfaces.STAGES,
    *workload_update.STAGES,
    Stage("the guest runs: it is ready", _shall_be_ready, _get_ready, after_s=0.05),
    Stage("paused: it is not ready", _paused_but_ready, _get_unready, after_s=0.05),
    Stage("its links differ", _links_differ, _set_links, after_s=0.05),
    Stage("plugged volumes move on", hotplug.moves, hotplug.move, after_s=0.1),
    Stage("the guest agent connects", _agent_is_due, _connect_agent, after_s=0.5),
    *credentials.STAGES,
)
