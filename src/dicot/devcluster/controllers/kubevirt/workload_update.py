"""Instances that must migrate to become what their spec says, as stages (virt-handler, the workload updater).

Pure. A condition tells of the change that waits; a migration made by KubeVirt itself brings it about.
"""

from datetime import datetime

from dicot.devcluster.controllers.kubevirt.evacuation import migration
from dicot.devcluster.controllers.kubevirt.launchers import under_way
from dicot.devcluster.controllers.kubevirt.manifest import guest_memory
from dicot.devcluster.controllers.kubevirt.running import HOT_CHANGES
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import condition, deleting, is_true, name_of, with_conditions
from dicot.devcluster.controllers.stage import Change, Create, Effect, Event, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import KUBEVIRTS, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS

ANNOTATION = "kubevirt.io/workloadUpdateMigration"


def _runs(vmi: Json) -> bool:
    return phase(vmi) == "Running" and not deleting(vmi)


def _waiting(vmi: Json) -> list[str]:
    """Name the changes of the spec that the guest does not have yet."""
    spec, status = vmi["spec"], vmi["status"]
    result = []
    shown = (status.get("currentCPUTopology") or {}).get("sockets")
    if shown is not None and shown != (spec["domain"].get("cpu") or {}).get("sockets", shown):
        result.append("HotVCPUChange")
    requested = (status.get("memory") or {}).get("guestRequested")
    if requested and requested != guest_memory(spec):
        result.append("HotMemoryChange")
    return result


def _unsaid(vmi: Json, _world: World) -> bool:
    return _runs(vmi) and any(not is_true(vmi, one) for one in _waiting(vmi))


def _say(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    news = [condition(one, True, now) for one in _waiting(vmi)]
    return [Change({"status": {"conditions": with_conditions(vmi["status"].get("conditions") or [], *news)}})]


def _is_due(vmi: Json, world: World) -> bool:
    waits = any(is_true(vmi, one) for one in HOT_CHANGES)
    if not _runs(vmi) or not waits or not is_true(vmi, "LiveMigratable") or under_way(vmi, world) is not None:
        return False
    return "LiveMigrate" in _methods(world)


def _methods(world: World) -> list[str]:
    found = next(iter(world.all(KUBEVIRTS)), None) or {}
    return ((found.get("spec") or {}).get("workloadUpdateStrategy") or {}).get("workloadUpdateMethods") or []


def _update(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    made = migration(vmi, "kubevirt-workload-update-", **{ANNOTATION: ""})
    message = f"Created Migration {name_of(made)} for automated workload update"
    return [
        Create(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, made),
        Event("SuccessfulCreate", message, component="workload-update-controller"),
    ]


STAGES: Stages = (
    Stage("a change waits for a migration: say so", _unsaid, _say, after_s=0.05),
    Stage("a change waits: migrate", _is_due, _update, after_s=1.0),
)
