"""One test for each row of the table of states, from the facts that real clusters show."""

from __future__ import annotations

from typing import Any

import pytest

from dicot.compute.servers import marks, status

Json = dict[str, Any]

BORN = "2026-11-22T07:00:00Z"
NOW = status._seconds("2026-11-22T07:05:00Z")
GRACE_S = 120.0


def machine(printable: str = "", *, strategy: str = "RerunOnFailure", **facts: Any) -> Json:
    """A machine with this printableStatus; facts: queued, conditions, annotations, deleted, and status fields."""
    told: Json = {"printableStatus": printable} if printable else {}
    told["conditions"] = facts.pop("conditions", [])
    queued = facts.pop("queued", [])
    if queued:
        told["stateChangeRequests"] = [{"action": action} for action in queued]
    meta: Json = {"name": "web", "namespace": "p", "uid": "u", "creationTimestamp": BORN}
    meta["annotations"] = facts.pop("annotations", {})
    if facts.pop("deleted", False):
        meta["deletionTimestamp"] = BORN
    told |= {key: value for key, value in facts.items() if value is not None}
    return {"metadata": meta, "spec": {"runStrategy": strategy, "template": {"spec": {}}}, "status": told}


def instance(phase: str = "Running", *, born: str = BORN, **facts: Any) -> Json:
    meta: Json = {"name": "web", "namespace": "p", "uid": "i", "creationTimestamp": born}
    if facts.pop("deleted", False):
        meta["deletionTimestamp"] = born
    return {"metadata": meta, "spec": {}, "status": {"phase": phase, **facts}}


def condition(kind: str, value: str = "True", since: str = BORN, **facts: str) -> Json:
    return {"type": kind, "status": value, "lastTransitionTime": since, **facts}


def told(vm: Json, vmi: Json | None = None, now: float = NOW) -> tuple[str, str, str | None, int]:
    state = status.of(vm, vmi, now, GRACE_S)
    return state.status, state.vm_state, state.task_state, state.power_state


STARTED = {marks.ACTIONS: '[{"action": "create"}, {"action": "start"}]'}
REBUILT = {marks.REBUILT: "{}", marks.ACTIONS: '[{"action": "create"}, {"action": "rebuild"}]'}
REVERTED = {marks.ACTIONS: '[{"action": "create"}, {"action": "resize"}, {"action": "revertResize"}]'}
UNRESCUED = {marks.ACTIONS: '[{"action": "create"}, {"action": "rescue"}, {"action": "unrescue"}]'}
UNSHELVED = {marks.ACTIONS: '[{"action": "create"}, {"action": "shelve"}, {"action": "unshelve"}]'}
REBOOTED = {marks.ACTIONS: '[{"action": "create"}, {"action": "reboot"}]'}


@pytest.mark.parametrize(
    ("vm", "vmi", "expected"),
    [
        pytest.param(
            machine("Terminating", deleted=True, runStrategy="RerunOnFailure"),
            instance(),
            ("ACTIVE", "active", "deleting", 1),
            id="1 terminating while it runs",
        ),
        pytest.param(
            machine("Terminating", deleted=True, runStrategy="Halted"),
            None,
            ("SHUTOFF", "stopped", "deleting", 4),
            id="1 terminating when it is off",
        ),
        pytest.param(
            machine("Stopped", annotations={marks.SHELVED: "{}"}, runStrategy="RerunOnFailure"),
            None,
            ("SHELVED_OFFLOADED", "shelved_offloaded", None, 4),
            id="2 shelved",
        ),
        pytest.param(
            machine("Stopped", annotations={marks.SHELVED: "{}"}, runStrategy="RerunOnFailure"),
            instance("Succeeded"),
            ("ACTIVE", "active", "shelving_offloading", 4),
            id="2b its instance is still there",
        ),
        pytest.param(
            machine("Running", annotations={marks.RESCUED: "{}"}, queued=["Stop", "Start"]),
            instance(),
            ("ACTIVE", "active", "rescuing", 1),
            id="3b the restart has not begun",
        ),
        pytest.param(
            machine("Stopped", annotations=REBUILT, runStrategy="x"),
            None,
            ("SHUTOFF", "stopped", None, 4),
            id="5 rebuilt long ago",
        ),
        pytest.param(
            machine("Stopping", annotations=REVERTED, queued=["Start"], runStrategy="x"),
            instance(),
            ("REVERT_RESIZE", "resized", "resize_reverting", 1),
            id="6 a resize is reverted",
        ),
        pytest.param(
            machine("Starting", annotations=UNRESCUED, runStrategy="x"),
            instance("Scheduled"),
            ("RESCUE", "rescued", "unrescuing", 4),
            id="6 a rescue ends",
        ),
        pytest.param(
            machine("Starting", annotations=UNSHELVED, runStrategy="x"),
            instance("Scheduled"),
            ("SHELVED_OFFLOADED", "shelved_offloaded", "spawning", 4),
            id="20 unshelved",
        ),
        pytest.param(
            machine("Stopping", annotations={marks.SHELVED: "{}"}),
            instance(),
            ("ACTIVE", "active", "shelving_offloading", 1),
            id="2b shelving",
        ),
        pytest.param(
            machine("Running", annotations={marks.RESCUED: "{}"}), instance(), ("RESCUE", "rescued", None, 1), id="3"
        ),
        pytest.param(
            machine("Starting", annotations={marks.RESCUED: "{}"}, runStrategy="x"),
            instance("Scheduled"),
            ("ACTIVE", "active", "rescuing", 4),
            id="3b",
        ),
        pytest.param(
            machine("Running", annotations={marks.RESIZED: "{}"}),
            instance(),
            ("VERIFY_RESIZE", "resized", None, 1),
            id="4 running",
        ),
        pytest.param(
            machine("Stopped", annotations={marks.RESIZED: "{}"}, runStrategy="x"),
            None,
            ("VERIFY_RESIZE", "resized", None, 4),
            id="4 stopped",
        ),
        pytest.param(
            machine("Starting", annotations={marks.RESIZED: "{}"}, runStrategy="x"),
            instance("Scheduling"),
            ("RESIZE", "active", "resize_finish", 4),
            id="4b",
        ),
        pytest.param(
            machine("Starting", annotations=REBUILT, runStrategy="x"),
            instance("Scheduling"),
            ("REBUILD", "active", "rebuild_spawning", 4),
            id="5",
        ),
        pytest.param(
            machine("Running", queued=["Stop", "Start"]),
            instance(),
            ("HARD_REBOOT", "active", "rebooting_hard", 1),
            id="6 stop and start queued",
        ),
        pytest.param(
            machine("Stopping", queued=["Start"]),
            instance(),
            ("HARD_REBOOT", "active", "rebooting_hard", 1),
            id="6 stopping, start queued",
        ),
        pytest.param(
            machine("Starting", annotations=REBOOTED, runStrategy="x"),
            instance("Scheduling"),
            ("HARD_REBOOT", "active", "reboot_started_hard", 1),
            id="6 coming up again",
        ),
        pytest.param(machine("Stopping"), instance(), ("ACTIVE", "active", "powering-off", 1), id="7 stopping"),
        pytest.param(
            machine("Running", queued=["Stop"]), instance(), ("ACTIVE", "active", "powering-off", 1), id="7 queued"
        ),
        pytest.param(
            machine("Stopped", runStrategy="x"),
            instance("Succeeded"),
            ("ACTIVE", "active", "powering-off", 1),
            id="7 ended, but a start would be refused until it has gone",
        ),
        pytest.param(machine("Migrating"), instance(), ("MIGRATING", "active", "migrating", 1), id="8"),
        pytest.param(
            machine("Paused"),
            instance(conditions=[condition("Paused", reason="PausedByUser")]),
            ("PAUSED", "paused", None, 3),
            id="9",
        ),
        pytest.param(
            machine("Paused"),
            instance(conditions=[condition("Paused", reason="PausedIOError", message="no space")]),
            ("ACTIVE", "active", None, 3),
            id="9b",
        ),
        pytest.param(
            machine("Paused"),
            instance(conditions=[condition("Paused", reason="PausedByMigrationMonitor")]),
            ("MIGRATING", "active", "migrating", 3),
            id="9c",
        ),
        pytest.param(
            machine("Running", snapshotInProgress="s"), instance(), ("ACTIVE", "active", "image_snapshot", 1), id="10"
        ),
        pytest.param(machine("Running"), instance(), ("ACTIVE", "active", None, 1), id="11"),
        pytest.param(
            machine("Stopped", conditions=[condition("Failure", reason="FailedCreate", message="quota")]),
            None,
            ("ERROR", "error", None, 0),
            id="12 settled",
        ),
        pytest.param(
            machine("Stopped", conditions=[condition("Failure", since="2026-11-22T07:04:50Z", reason="FailedCreate")]),
            None,
            ("BUILD", "building", "scheduling", 0),
            id="12 may still pass",
        ),
        pytest.param(machine("DataVolumeError"), None, ("ERROR", "error", None, 0), id="13"),
        pytest.param(
            machine("ErrorUnschedulable", runStrategy="x"),
            instance("Scheduling", conditions=[condition("PodScheduled", "False", message="0/2 nodes")]),
            ("ERROR", "error", None, 4),
            id="14 old",
        ),
        pytest.param(
            machine("ErrorPvcNotFound"),
            instance("Pending", conditions=[condition("Synchronized", "False", "2026-11-22T07:04:00Z")]),
            ("BUILD", "building", "scheduling", 0),
            id="14b young, first boot",
        ),
        pytest.param(
            machine("ErrorPvcNotFound", annotations=STARTED, runStrategy="x"),
            instance("Pending", conditions=[condition("Synchronized", "False", "2026-11-22T07:04:00Z")]),
            ("SHUTOFF", "stopped", "powering-on", 4),
            id="14b young, later boot",
        ),
        pytest.param(
            machine("CrashLoopBackOff", startFailure={"consecutiveFailCount": 3}),
            None,
            ("ERROR", "error", None, 6),
            id="15",
        ),
        pytest.param(machine("Provisioning"), None, ("BUILD", "building", "block_device_mapping", 0), id="16"),
        pytest.param(
            machine("WaitingForVolumeBinding"), None, ("BUILD", "building", "block_device_mapping", 0), id="17"
        ),
        pytest.param(
            machine("Starting", runStrategy="x"),
            instance("Scheduling"),
            ("BUILD", "building", "scheduling", 0),
            id="18",
        ),
        pytest.param(
            machine("Starting", runStrategy="x"), instance("Scheduled"), ("BUILD", "building", "spawning", 0), id="19"
        ),
        pytest.param(
            machine("Starting", annotations=STARTED, runStrategy="x"),
            instance("Scheduled"),
            ("SHUTOFF", "stopped", "powering-on", 4),
            id="20 started again",
        ),
        pytest.param(
            machine("Starting", runStrategy="x"),
            instance("Scheduled", born="2026-11-22T09:00:00Z"),
            ("SHUTOFF", "stopped", "powering-on", 4),
            id="20 started again by kubectl, long after",
        ),
        pytest.param(
            machine("Stopped", queued=["Start"], runStrategy="x"),
            None,
            ("SHUTOFF", "stopped", "powering-on", 4),
            id="21",
        ),
        pytest.param(machine(), None, ("BUILD", "building", "scheduling", 0), id="22 not seen by a controller yet"),
        pytest.param(machine("Stopped"), None, ("BUILD", "building", "scheduling", 0), id="22 not begun"),
        pytest.param(
            machine("Stopped", strategy="Halted"), None, ("SHUTOFF", "stopped", None, 4), id="23 never started"
        ),
        pytest.param(machine("Stopped", runStrategy="x"), None, ("SHUTOFF", "stopped", None, 4), id="23 stopped"),
        pytest.param(
            machine("Stopped", strategy="Manual", runStrategy="Manual"),
            instance("Succeeded"),
            ("SHUTOFF", "stopped", None, 4),
            id="23 powered off by its guest, the instance is kept",
        ),
        pytest.param(machine("Running"), instance("Unknown"), ("UNKNOWN", "error", None, 0), id="24 node lost"),
        pytest.param(machine("Strange"), None, ("UNKNOWN", "error", None, 0), id="24 no word for it"),
    ],
)
def test_row(vm: Json, vmi: Json | None, expected: tuple[str, str, str | None, int]) -> None:
    assert told(vm, vmi) == expected


def test_what_may_pass_says_when_to_look_again() -> None:
    since = "2026-11-22T07:04:00Z"
    vmi = instance("Scheduling", conditions=[condition("PodScheduled", "False", since, message="0/2 nodes")])
    state = status.of(machine("ErrorUnschedulable"), vmi, NOW, GRACE_S)
    assert state.until == status._seconds(since) + GRACE_S
    later = status.of(machine("ErrorUnschedulable"), vmi, state.until, GRACE_S)
    assert later.status == "ERROR"
    assert later.message == "No valid host was found. 0/2 nodes"


def test_the_strategy_of_an_older_machine() -> None:
    assert status.strategy({"spec": {"running": True}}) == "Always"
    assert status.strategy({"spec": {"running": False}}) == "Halted"
