"""What guests do of their own accord, for tests and for the serial console: power off, crash.

Acts as virt-handler would: it writes the end of the guest into its VirtualMachineInstance.
"""

from datetime import UTC, datetime

from dicot.devcluster.controllers import serial
from dicot.devcluster.controllers.kubevirt.vmi import HANDLER, conditions, entered
from dicot.devcluster.controllers.machinery import Machinery
from dicot.devcluster.controllers.objects import namespace_of, without_conditions
from dicot.devcluster.controllers.player import event_body
from dicot.devcluster.controllers.stage import Event
from dicot.kube.errors import NotFound
from dicot.kube.kinds import EVENTS, VIRTUAL_MACHINE_INSTANCES


class Guests:
    """The guests of all running instances."""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery

    async def power_off(self, namespace: str, name: str) -> None:
        """Let the guest shut itself down; raise NotFound if it does not run."""
        await self._end(namespace, name, "Succeeded", "The VirtualMachineInstance was shut down.", "Normal")

    async def crash(self, namespace: str, name: str) -> None:
        """Let the guest die; raise NotFound if it does not run."""
        await self._end(namespace, name, "Failed", "The VirtualMachineInstance crashed.", "Warning")

    async def _end(self, namespace: str, name: str, phase: str, message: str, kind: str) -> None:
        machinery = self._machinery
        vmi = machinery.world.get(VIRTUAL_MACHINE_INSTANCES, name, namespace)
        if vmi is None or vmi.get("status", {}).get("phase") != "Running":
            raise NotFound(f"no guest runs as {namespace}/{name}")
        now = datetime.fromtimestamp(machinery.clock.now(), UTC)
        machinery.serial.append(vmi["metadata"]["uid"], serial.shutdown_lines())
        left = without_conditions(conditions(vmi), "AgentConnected", "Paused")
        body = {"status": {**entered(vmi, phase, now), "conditions": left}}
        new = await machinery.client.patch(VIRTUAL_MACHINE_INSTANCES, name, body, namespace)
        machinery.world.learn(VIRTUAL_MACHINE_INSTANCES, new)
        event = event_body(VIRTUAL_MACHINE_INSTANCES, vmi, Event("Stopped", message, kind, HANDLER), now)
        await machinery.client.create(EVENTS, event, namespace_of(vmi))
