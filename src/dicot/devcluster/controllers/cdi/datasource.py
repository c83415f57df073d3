"""The life of a DataSource, as stages: whether what it names can be consumed.

Pure.
"""

from datetime import datetime

from dicot.devcluster.controllers.cdi.source import clone_source
from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import deleting, get_condition, namespace_of, stamp
from dicot.devcluster.controllers.stage import Effect, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import DATA_VOLUMES


def readiness(source: Json, world: World) -> tuple[bool, str, str]:
    """Judge the DataSource: (status, reason, message) of its condition Ready."""
    named = clone_source(source["spec"], namespace_of(source), world)
    if named is None:
        return False, "NoSource", "DataSource has no source"
    found = named.find(world)
    if found is None:
        return False, "NotFound", "PVC not found" if named.kind == "pvc" else "Snapshot not found"
    if named.kind == "snapshot":
        ready = bool((found.get("status") or {}).get("readyToUse"))
        return (
            (True, "Ready", "DataSource is ready to be consumed")
            if ready
            else (False, "NotReady", "Snapshot not ready")
        )
    volume = world.get(DATA_VOLUMES, named.name, named.namespace)
    if volume is not None and phase(volume) != "Succeeded":
        return False, phase(volume) or "NotReady", f"Import DataVolume phase {phase(volume)}"
    return True, "Ready", "DataSource is ready to be consumed"


def _differs(source: Json, world: World) -> bool:
    old = get_condition(source, "Ready")
    value, reason, message = readiness(source, world)
    now = (old.get("status") == "True", old.get("reason"), old.get("message"))
    return not deleting(source) and (not old or now != (value, reason, message))


def _write(source: Json, world: World, now: datetime) -> list[Effect]:
    value, reason, message = readiness(source, world)
    entry = {
        "lastHeartbeatTime": stamp(now),
        "lastTransitionTime": stamp(now),
        "message": message,
        "reason": reason,
        "status": "True" if value else "False",
        "type": "Ready",
    }
    return status({"conditions": [entry], "source": source["spec"].get("source")})


STAGES: Stages = (Stage("its readiness is not told", _differs, _write, after_s=0.02),)
