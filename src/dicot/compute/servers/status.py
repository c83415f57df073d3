"""The state of a server, read top-down from its VirtualMachine and instance. Pure: the time is an argument.

Each row is a function that returns a State if it applies; the first that does wins. What depends on the time says
until when it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec

from dicot import names
from dicot.compute.servers import marks

Json = dict[str, Any]

NO_STATE, RUNNING, PAUSED, SHUTDOWN, CRASHED = 0, 1, 3, 4, 6
FAILURE_SETTLES_S = 15
"""A conflict between two controllers sets the condition Failure for a moment."""
FIRST_BOOT_S = 600
_FINAL = frozenset({"Succeeded", "Failed"})
_STARTS = frozenset({"start", "reboot", "unshelve", "rescue", "unrescue", "rebuild", "resize", "revertResize"})
_TROUBLES = frozenset({"ErrorPvcNotFound", "ErrorUnschedulable", "ErrImagePull", "ImagePullBackOff"})


_ON_THE_WAY = frozenset({"Stopping", "Provisioning", "WaitingForVolumeBinding", "Starting"})


class State(msgspec.Struct, frozen=True):
    """What Nova says of a server's state; `until` is the time (seconds since the epoch) at which to look again."""

    status: str
    vm_state: str
    task_state: str | None = None
    power_state: int = NO_STATE
    message: str = ""
    since: str = ""
    until: float = math.inf


class Facts(msgspec.Struct, frozen=True):
    """What the rows look at."""

    vm: Json
    vmi: Json | None
    now: float
    grace_s: float
    printable: str
    phase: str
    power: int
    queued: tuple[str, ...]

    @property
    def marks(self) -> dict[str, str]:
        """Return the machine's annotations."""
        return names.annotations_of(self.vm)

    @property
    def live(self) -> bool:
        """Tell whether there is an instance that has not ended."""
        return self.vmi is not None and self.phase not in _FINAL

    @property
    def first_boot(self) -> bool:
        """Tell whether the machine has never run: nothing says so for certain of a machine that Dicot did not start."""
        if any(one["action"] in _STARTS for one in marks.actions(self.vm)):
            return False
        if self.vmi is None:
            return not _status(self.vm).get("runStrategy")
        age = _seconds(self.vmi["metadata"]["creationTimestamp"]) - _seconds(self.vm["metadata"]["creationTimestamp"])
        return age < FIRST_BOOT_S


_RESTARTS = {
    "revertResize": State("REVERT_RESIZE", "resized", "resize_reverting"),
    "unrescue": State("RESCUE", "rescued", "unrescuing"),
}
"""What a restart is for, and how a server looks meanwhile."""


def with_task(state: State, task: str) -> State:
    """Add what is done to a server by objects of their own, where nothing else is under way with it."""
    if not task or state.task_state is not None:
        return state
    status = "MIGRATING" if task == "migrating" else state.status
    return msgspec.structs.replace(state, status=status, task_state=task)


def of(vm: Json, vmi: Json | None, now: float, grace_s: float) -> State:
    """Tell a server's state; trouble younger than `grace_s` may still pass."""
    facts = _facts(vm, vmi, now, grace_s)
    found = next(state for row in ROWS if (state := row(facts)) is not None)
    if "deletionTimestamp" in vm["metadata"]:
        return msgspec.structs.replace(found, task_state="deleting")
    return found


def _facts(vm: Json, vmi: Json | None, now: float, grace_s: float) -> Facts:
    status = _status(vm)
    phase = _status(vmi).get("phase", "") if vmi is not None else ""
    printable = status.get("printableStatus", "")
    if printable == "Terminating":
        printable = "Running" if phase == "Running" else "Stopped"
    if phase == "Running":
        power = PAUSED if _condition(vmi, "Paused") else RUNNING
    else:
        power = NO_STATE if vmi is None and not status.get("runStrategy") else SHUTDOWN
    queued = tuple(request["action"] for request in status.get("stateChangeRequests") or ())
    return Facts(vm, vmi, now, grace_s, printable, phase, power, queued)


def _status(obj: Json | None) -> Json:
    return (obj or {}).get("status") or {}


def _condition(obj: Json | None, kind: str, status: str = "True") -> Json | None:
    for condition in _status(obj).get("conditions") or ():
        if condition["type"] == kind and condition["status"] == status:
            found: Json = condition
            return found
    return None


def _seconds(stamp: str | None) -> float:
    return datetime.fromisoformat(stamp).replace(tzinfo=UTC).timestamp() if stamp else 0.0


def _declared(facts: Facts) -> State | None:
    return _error("", facts.power) if facts.marks.get(marks.DECLARED) == "error" else None


def _shelved(facts: Facts) -> State | None:
    if marks.SHELVED not in facts.marks:
        return None
    if facts.vmi is not None or facts.queued:
        return State("ACTIVE", "active", "shelving_offloading", facts.power)
    return State("SHELVED_OFFLOADED", "shelved_offloaded", None, SHUTDOWN)


def _rescued(facts: Facts) -> State | None:
    if marks.RESCUED not in facts.marks:
        return None
    if facts.printable == "Running" and not facts.queued:
        return State("RESCUE", "rescued", None, RUNNING)
    return State("ACTIVE", "active", "rescuing", facts.power)


def _resized(facts: Facts) -> State | None:
    if marks.RESIZED not in facts.marks:
        return None
    if facts.queued or facts.printable in ("Stopping", "Starting"):
        task = "resize_finish" if facts.printable == "Starting" else "resize_migrating"
        return State("RESIZE", "active", task, facts.power)
    return State("VERIFY_RESIZE", "resized", None, RUNNING if facts.live else SHUTDOWN)


def _rebuilding(facts: Facts) -> State | None:
    under_way = facts.queued or facts.printable in _ON_THE_WAY
    if marks.REBUILT not in facts.marks or not under_way or marks.last_action(facts.vm) != "rebuild":
        return None
    task = "rebuild_spawning" if facts.printable == "Starting" else "rebuilding"
    return State("REBUILD", "active", task, facts.power)


def _rebooting(facts: Facts) -> State | None:
    again = "Start" in facts.queued and ("Stop" in facts.queued or facts.printable == "Stopping")
    last = marks.last_action(facts.vm)
    ours = facts.printable in ("Stopping", "Starting") and last in {"reboot", *_RESTARTS}
    if not again and not ours:
        return None
    if last in _RESTARTS:
        return msgspec.structs.replace(_RESTARTS[last], power_state=facts.power)
    return State("HARD_REBOOT", "active", "rebooting_hard" if again else "reboot_started_hard", RUNNING)


def _stopping(facts: Facts) -> State | None:
    if facts.printable != "Stopping" and facts.queued != ("Stop",) and not _leaving(facts):
        return None
    return State("ACTIVE", "active", "powering-off", RUNNING)


def _leaving(facts: Facts) -> bool:
    """Tell whether an ended instance is still there but about to go: until it has gone, no start is accepted."""
    if facts.vmi is None or facts.live:
        return False
    return "deletionTimestamp" in facts.vmi["metadata"] or strategy(facts.vm) not in ("Manual", "Once")


def _migrating(facts: Facts) -> State | None:
    if facts.printable not in ("Migrating", "WaitingForReceiver"):
        return None
    return State("MIGRATING", "active", "migrating", RUNNING)


def _paused(facts: Facts) -> State | None:
    if facts.printable != "Paused":
        return None
    paused = _condition(facts.vmi, "Paused") or {}
    if paused.get("reason") == "PausedByMigrationMonitor":
        return State("MIGRATING", "active", "migrating", PAUSED)
    if paused.get("reason") == "PausedIOError":
        return State("ACTIVE", "active", None, PAUSED, paused.get("message", ""))
    return State("PAUSED", "paused", None, PAUSED)


def _running(facts: Facts) -> State | None:
    if facts.printable != "Running":
        return None
    task = "image_snapshot" if _status(facts.vm).get("snapshotInProgress") else None
    return State("ACTIVE", "active", task, RUNNING)


def _failed(facts: Facts) -> State | None:
    failure = _condition(facts.vm, "Failure")
    if failure is None or facts.live:
        return None
    settled = _seconds(failure.get("lastTransitionTime")) + FAILURE_SETTLES_S
    if facts.now < settled:
        return msgspec.structs.replace(_waiting(facts, "scheduling"), until=settled)
    return _error(failure.get("message", ""), NO_STATE, failure.get("lastTransitionTime"))


def _disk_failed(facts: Facts) -> State | None:
    if facts.printable != "DataVolumeError":
        return None
    return _error(_reason(facts, "DataVolumesReady"), facts.power)


def _troubled(facts: Facts) -> State | None:
    if facts.printable not in _TROUBLES:
        return None
    kind = "PodScheduled" if facts.printable == "ErrorUnschedulable" else "Synchronized"
    found = _condition(facts.vmi, kind, "False") or _condition(facts.vm, kind, "False") or {}
    began = found.get("lastTransitionTime") or (facts.vmi or facts.vm)["metadata"]["creationTimestamp"]
    ripe = _seconds(began) + facts.grace_s
    if facts.now < ripe:
        return msgspec.structs.replace(_waiting(facts, "scheduling"), until=ripe)
    message = found.get("message", facts.printable)
    if kind == "PodScheduled":
        message = f"No valid host was found. {message}"
    return _error(message, facts.power, began)


def _crash_loop(facts: Facts) -> State | None:
    if facts.printable != "CrashLoopBackOff":
        return None
    failure = _status(facts.vm).get("startFailure") or {}
    again = failure.get("retryAfterTimestamp")
    message = f"The guest failed {failure.get('consecutiveFailCount', 1)} times in a row."
    return _error(f"{message} The next start is after {again}." if again else message, CRASHED)


def _provisioning(facts: Facts) -> State | None:
    if facts.printable not in ("Provisioning", "WaitingForVolumeBinding"):
        return None
    return _waiting(facts, "block_device_mapping")


def _starting(facts: Facts) -> State | None:
    if facts.printable != "Starting" and not (facts.live and facts.printable in ("", "Stopped")):
        return None
    return _waiting(facts, "spawning" if facts.phase == "Scheduled" else "scheduling")


def _start_queued(facts: Facts) -> State | None:
    if "Start" not in facts.queued or facts.printable not in ("", "Stopped"):
        return None
    return _waiting(facts, "scheduling")


def _not_begun(facts: Facts) -> State | None:
    if facts.printable not in ("", "Stopped") or facts.live or _status(facts.vm).get("runStrategy"):
        return None
    if strategy(facts.vm) not in ("Always", "RerunOnFailure", "Once"):
        return None
    return State("BUILD", "building", "scheduling", NO_STATE)


def _stopped(facts: Facts) -> State | None:
    if facts.printable not in ("", "Stopped"):
        return None
    return State("SHUTOFF", "stopped", None, SHUTDOWN)


def _unknown(_: Facts) -> State | None:
    return State("UNKNOWN", "error", None, NO_STATE)


def _node_lost(facts: Facts) -> State | None:
    if facts.phase == "Unknown" or _status(facts.vmi).get("reason") == "NodeUnresponsive":
        return State("UNKNOWN", "error", None, NO_STATE)
    return None


def _waiting(facts: Facts, task: str) -> State:
    """Say how a server that is on its way up looks: being built, or being started again."""
    if facts.first_boot:
        return State("BUILD", "building", task, NO_STATE)
    if marks.last_action(facts.vm) == "unshelve":
        return State("SHELVED_OFFLOADED", "shelved_offloaded", "spawning", SHUTDOWN)
    return State("SHUTOFF", "stopped", "powering-on", SHUTDOWN)


def _error(message: str, power: int, since: str | None = None) -> State:
    return State("ERROR", "error", None, power, message, since or "")


def _reason(facts: Facts, kind: str) -> str:
    for obj in (facts.vm, facts.vmi):
        found = _condition(obj, kind, "False")
        if found is not None and found.get("message"):
            return str(found["message"])
    return facts.printable


def strategy(vm: Json) -> str:
    """Name the machine's run strategy, also if it has the older field `running`."""
    spec = vm["spec"]
    return str(spec.get("runStrategy") or ("Always" if spec.get("running") else "Halted"))


ROWS: tuple[Callable[[Facts], State | None], ...] = (
    _declared,
    _shelved,
    _rescued,
    _node_lost,
    _resized,
    _rebuilding,
    _rebooting,
    _stopping,
    _migrating,
    _paused,
    _running,
    _failed,
    _disk_failed,
    _troubled,
    _crash_loop,
    _provisioning,
    _starting,
    _start_queued,
    _not_begun,
    _stopped,
    _unknown,
)
