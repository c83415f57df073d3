"""The recorded timelines of a machine's life: started, paused, rebooted, restarted, stopped, deleted."""

from pathlib import Path

from tests.devcluster.controllers.course import course, recorded_body

FILE = "lifecycle"
KUBELET = "the kubelet pulls and creates nothing here: a container starts in one step"
KNOWN = {"event Pod Pulled": KUBELET, "event Pod Created": KUBELET}
LATE = "the recorder looked when it was over already"
SHORT = "the recording ends before the agent is missed"
PAUSED = "a guest that starts paused is not ready for a moment first, here: its pod's readiness gate is never seen open"
OUTLIVED = "the recording goes on to the next act while the instance of this one is still there"


async def test_life(tmp_path: Path) -> None:
    async with course(tmp_path, FILE, KNOWN) as c:
        unpaused = {"vm condition Paused": LATE, "vmi condition Paused": LATE}
        missed = {"vm condition AgentConnected": SHORT, "vmi condition AgentConnected": SHORT}
        ready = {"vm condition Ready": PAUSED, "vmi condition Ready": PAUSED}
        gone = {"vmi phase": OUTLIVED, "event VirtualMachineInstance SuccessfulDelete": OUTLIVED}
        ended = {**ready, "event VirtualMachineInstance ShuttingDown": "no guest that is paused is asked to shut down"}

        await c.play(
            "create, runStrategy Manual", c.create(recorded_body(FILE, "create Manual VM")), lambda: c.stopped("vm1")
        )
        await c.play("start -> Running", c.call("vm1", "start"), lambda: c.connected("vm1"))
        await c.play(
            "pause",
            c.call("vm1", "pause", kind="vmi"),
            lambda: c.has("vm1", "Paused") and not c.vm("vm1").get("ready"),
        )
        await c.play("unpause", c.call("vm1", "unpause", kind="vmi"), lambda: c.has("vm1", "Ready"), known=unpaused)
        for label, call in (("softreboot", "softreboot"), ("reset", "reset")):
            await c.play(label, c.call("vm1", call, kind="vmi"), lambda: c.connected("vm1"), known=missed)
        await c.play("restart (graceful)", c.call("vm1", "restart"), lambda: c.connected("vm1"))
        at_once = c.call("vm1", "restart", {"gracePeriodSeconds": 0})
        await c.play("restart gracePeriodSeconds 0", at_once, lambda: c.connected("vm1"))
        await c.play("stop (graceful)", c.call("vm1", "stop"), lambda: c.stopped("vm1"))
        paused = c.call("vm1", "start", {"paused": True})
        await c.play("start paused", paused, lambda: c.has("vm1", "Paused"), known=ready)
        await c.play(
            "stop gracePeriod 0",
            c.call("vm1", "stop", {"gracePeriod": 0}),
            lambda: c.vmi("vm1").get("phase") == "Succeeded",
            known=ended,
        )
        await c.exchanges.until(lambda: c.stopped("vm1"))
        await c.play("delete of a stopped VM", c.delete("vm1"), lambda: c.gone("vm1"), known=gone)
        await c.play("create Always", c.create(recorded_body(FILE, "create Always VM")), lambda: c.connected("vm2"))
        await c.play("delete of a running VM", c.delete("vm2"), lambda: c.gone("vm2"))
