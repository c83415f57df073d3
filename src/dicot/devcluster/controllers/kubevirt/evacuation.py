"""How a guest leaves a node that is to be emptied, as stages of its VirtualMachineInstance (virt-controller).

Pure. An eviction of its pod marks the instance (eviction.py); the drain taint of a node speaks for all on it.
"""

import secrets
from datetime import datetime

from dicot.devcluster.controllers.kubevirt.launchers import ended, migrations_of, moving, under_way
from dicot.devcluster.controllers.kubevirt.migration import configuration
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import (
    annotations,
    condition,
    deleting,
    get_condition,
    is_true,
    name_of,
    namespace_of,
    with_conditions,
    without_conditions,
)
from dicot.devcluster.controllers.stage import Change, Create, Effect, Event, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import NODES, VIRTUAL_MACHINE_INSTANCE_MIGRATIONS

CONDITION = "EvictionRequested"
EVACUATION = "kubevirt.io/evacuationMigration"
MIGRATES = ("LiveMigrate", "LiveMigrateIfPossible")
BACKOFF_FIRST_S = 20
BACKOFF_MOST_S = 300


def migration(vmi: Json, prefix: str, **notes: str) -> Json:
    """Write a migration object that KubeVirt makes by itself."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceMigration",
        "metadata": {
            "name": f"{prefix}{secrets.token_hex(3)[:5]}",
            "generateName": prefix,
            "namespace": namespace_of(vmi),
            "annotations": notes,
        },
        "spec": {"vmiName": name_of(vmi)},
    }


def _runs(vmi: Json) -> bool:
    return phase(vmi) == "Running" and not deleting(vmi)


def marked(vmi: Json) -> str:
    """Name the node that the instance shall leave, "" if none."""
    return vmi["status"].get("evacuationNodeName") or ""


def _conditions(vmi: Json) -> list[Json]:
    return vmi["status"].get("conditions") or []


def _unsaid(vmi: Json, _world: World) -> bool:
    return _runs(vmi) and bool(marked(vmi)) and not get_condition(vmi, CONDITION)


def _say(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    new = condition(CONDITION, True, now, CONDITION, "VMI is marked for eviction")
    return [Change({"status": {"conditions": with_conditions(_conditions(vmi), new)}})]


def _has_left(vmi: Json, _world: World) -> bool:
    return _runs(vmi) and not moving(vmi) and marked(vmi) not in ("", vmi["status"].get("nodeName"))


def _unmark(_vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Change({"status": {"evacuationNodeName": None}})]


def _said_in_vain(vmi: Json, _world: World) -> bool:
    return phase(vmi) == "Running" and not marked(vmi) and bool(get_condition(vmi, CONDITION))


def _unsay(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    return [Change({"status": {"conditions": without_conditions(_conditions(vmi), CONDITION)}})]


def _shall_leave(vmi: Json, world: World) -> bool:
    strategy = vmi["spec"].get("evictionStrategy")
    if not _runs(vmi) or not is_true(vmi, "LiveMigratable") or under_way(vmi, world) is not None:
        return False
    here = vmi["status"].get("nodeName")
    return bool(here) and (marked(vmi) == here or (strategy in MIGRATES and _drained(here, world)))


def _drained(name: str, world: World) -> bool:
    node, key = world.get(NODES, name) or {}, configuration(world)["nodeDrainTaintKey"]
    taints = (node.get("spec") or {}).get("taints") or []
    return any(taint["key"] == key and taint["effect"] == "NoSchedule" for taint in taints)


def _tries(vmi: Json, world: World, _now: datetime) -> float:
    """Wait longer after each evacuation of this node that has failed."""
    here = vmi["status"].get("nodeName")
    found = [one for one in migrations_of(vmi, world) if annotations(one).get(EVACUATION) == here]
    failed = [one for one in found if ended(one) and phase(one) == "Failed"]
    return min(BACKOFF_FIRST_S * 2 ** (len(failed) - 1), BACKOFF_MOST_S) if failed else 0.0


def _leave(vmi: Json, _world: World, _now: datetime) -> list[Effect]:
    made = migration(vmi, "kubevirt-evacuation-", **{EVACUATION: vmi["status"]["nodeName"]})
    return [
        Create(VIRTUAL_MACHINE_INSTANCE_MIGRATIONS, made),
        Event("SuccessfulCreate", f"Created Migration {name_of(made)}", component="disruptionbudget-controller"),
    ]


STAGES: Stages = (
    Stage("marked for eviction: say so", _unsaid, _say, after_s=0.05),
    Stage("it has left the node: the mark goes", _has_left, _unmark, after_s=0.05),
    Stage("not marked any more: say so", _said_in_vain, _unsay, after_s=0.05),
    Stage("to leave its node: migrate", _shall_leave, _leave, after_s=0.2, hold_s=_tries),
)
