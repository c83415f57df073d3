"""How a hot-plugged volume comes to a running guest, and how it goes: the phases in status.volumeStatus.

Pure. The attachment pods of a real KubeVirt are named in the status but do not exist.
"""

from datetime import datetime

from dicot.devcluster.controllers.kubevirt import running
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, hotpluggable, phase
from dicot.devcluster.controllers.objects import deleting, namespace_of, with_conditions
from dicot.devcluster.controllers.stage import Change, Effect, Event
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS

UNPLUG = {"Ready": "UnMountedFromPod", "UnMountedFromPod": "Detaching"}


def moves(vmi: Json, world: World) -> bool:
    """Say whether some plugged volume has a next phase."""
    return phase(vmi) == "Running" and not deleting(vmi) and _next(vmi, world) is not None


def move(vmi: Json, world: World, now: datetime) -> list[Effect]:
    """Move the first such volume on by one phase."""
    found = _next(vmi, world)
    if found is None:
        return []
    name, entry = found
    old = (vmi.get("status") or {}).get("volumeStatus") or []
    new = [one for one in old if one["name"] != name]
    if entry is not None:
        new = sorted([*new, entry], key=lambda one: one["name"])
    conditions = (vmi.get("status") or {}).get("conditions") or []
    judged = with_conditions(conditions, running.live_migratable(vmi, world, now))
    effects: list[Effect] = [Change({"status": {"volumeStatus": new, "conditions": judged}})]
    if entry is not None and entry["reason"] in ("VolumeReady", "VolumeMountedToPod", "VolumeUnMountedFromPod"):
        effects.append(Event(entry["reason"], entry["message"], component="virt-handler"))
    return effects


def _next(vmi: Json, world: World) -> tuple[str, Json | None] | None:
    """Find a volume and what its entry becomes (None: it leaves the status)."""
    state = {one["name"]: one for one in (vmi.get("status") or {}).get("volumeStatus") or []}
    wanted = {volume["name"]: volume for volume in vmi["spec"].get("volumes") or []}
    for name, entry in state.items():
        if name not in wanted:
            return name, _unplugged(entry)
    for name, volume in wanted.items():
        if hotpluggable(volume):
            entry = _plugged(vmi, volume, state.get(name), state, world)
            if entry is not None and entry != state.get(name):
                return name, entry
    return None


def _unplugged(entry: Json) -> Json | None:
    new = UNPLUG.get(entry.get("phase", ""))
    if new is None:
        return None
    message = f"Volume {entry['name']} has been unmounted from virt-launcher pod"
    return {**entry, "phase": new, "reason": "VolumeUnMountedFromPod", "message": message, "target": ""}


def _plugged(vmi: Json, volume: Json, entry: Json | None, state: dict[str, Json], world: World) -> Json | None:
    name, claim_name = volume["name"], claim_of(volume) or ""
    claim = world.get(PERSISTENT_VOLUME_CLAIMS, claim_name, namespace_of(vmi))
    filling = world.get(DATA_VOLUMES, claim_name, namespace_of(vmi))
    old = entry or {"hotplugVolume": {}, "name": name, "target": ""}
    if claim is None:
        message = f"PVC {claim_name} not found"
        return {**old, "phase": "Pending", "reason": "FailedPvcNotFound", "message": message}
    if phase(claim) != "Bound" or (filling is not None and phase(filling) != "Succeeded"):
        message = "PVC is in phase Pending" if phase(claim) != "Bound" else "PVC is being populated"
        return {**old, "phase": "Pending", "reason": "PVCNotReady", "message": message}
    known = (entry or {}).get("phase", "Pending")
    info = running.claim_info(claim_name, namespace_of(vmi), world)
    if known in ("Pending", "Bound"):
        attached = running.attachment(vmi, claim_name)
        message = f"Created hotplug attachment pod {attached['attachPodName']}, for volume {name}"
        new = {"phase": "AttachedToNode", "reason": "SuccessfulCreate", "message": message}
        return {**old, **new, "hotplugVolume": attached, "persistentVolumeClaimInfo": info}
    if known == "AttachedToNode":
        message = f"Volume {name} has been mounted in virt-launcher pod"
        return {**old, "phase": "MountedToPod", "reason": "VolumeMountedToPod", "message": message}
    if known == "MountedToPod":
        message = f"Successfully attach hotplugged volume {name} to VM"
        target = _free_target(vmi, name, state)
        return {**old, "phase": "Ready", "reason": "VolumeReady", "message": message, "target": target}
    return {**old, "persistentVolumeClaimInfo": info} if known == "Ready" else None


def _free_target(vmi: Json, name: str, state: dict[str, Json]) -> str:
    prefix = running.targets(vmi["spec"]).get(name, "sda")[:2]
    used = {one.get("target") for one in state.values()}
    index = 0
    while prefix + running.letters(index) in used:
        index += 1
    return prefix + running.letters(index)
