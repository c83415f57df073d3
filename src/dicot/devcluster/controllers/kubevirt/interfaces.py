"""Network interfaces that come and go while a guest runs, and links that go up and down.

Pure. As in KubeVirt without multus-dynamic-networks-controller: a new interface waits for a migration, one whose state
is "absent" leaves the guest at once and then both specs. Only a bridge or SR-IOV on a Multus network can do so.
"""

from datetime import datetime

from dicot.devcluster.controllers.kubevirt.volumes import phase, template_spec
from dicot.devcluster.controllers.objects import condition, deleting, get_condition, with_conditions
from dicot.devcluster.controllers.stage import Change, Effect, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

REQUIRED = "MigrationRequired"
PENDING = "AutoMigrationPending"
DUE = "AutoMigrationDueToLiveUpdate"
PLUGGABLE = ("bridge", "sriov")


def of(spec: Json) -> list[Json]:
    """List the interfaces of an instance spec."""
    return (spec["domain"].get("devices") or {}).get("interfaces") or []


def absent(nic: Json) -> bool:
    """Say whether the interface is to leave the guest."""
    return nic.get("state") == "absent"


def _shown(vmi: Json) -> set[str]:
    return {one.get("name", "") for one in (vmi.get("status") or {}).get("interfaces") or []}


def pluggable(spec: Json) -> set[str]:
    """Name the interfaces of a spec that can come and go while the guest runs."""
    secondary = {network["name"] for network in spec.get("networks") or [] if "multus" in network}
    return {nic["name"] for nic in of(spec) if nic["name"] in secondary and any(key in nic for key in PLUGGABLE)}


def exchanged(old: Json, new: Json, running: Json) -> set[str]:
    """Name the interfaces in which two specs differ without a restart: plugged, or unplugged from the instance."""
    before, after, here = ({nic["name"] for nic in of(spec)} for spec in (old, new, running))
    return ((after - before) & pluggable(new)) | (before - after - here)


def wanted(vm: Json, vmi: Json) -> Json | None:
    """Write the patch of the instance's spec that follows the template's interfaces; None if it does already."""
    spec, running = template_spec(vm), vmi["spec"]
    offered = {nic["name"]: nic for nic in of(spec)}
    present = {nic["name"] for nic in of(running)}
    kept = [
        _with_state(nic, offered)
        for nic in of(running)
        if nic["name"] in offered or not absent(nic) or nic["name"] in _shown(vmi)
    ]
    come = {name for name in pluggable(spec) - present if not absent(offered[name])}
    nics = [*kept, *(nic for name, nic in offered.items() if name in come)]
    if nics == of(running):
        return None
    names = {nic["name"] for nic in nics}
    networks = [one for one in running.get("networks") or [] if one["name"] in names]
    networks += [one for one in spec.get("networks") or [] if one["name"] in come]
    return {"domain": {"devices": {"interfaces": nics}}, "networks": networks}


def _with_state(nic: Json, offered: dict[str, Json]) -> Json:
    state = offered.get(nic["name"], nic).get("state")
    kept = {key: value for key, value in nic.items() if key != "state"}
    return {**kept, "state": state} if state else kept


def left(vm: Json, vmi: Json | None) -> Json | None:
    """Write the patch of the template without the interfaces that have left the guest; None if there are none."""
    spec = template_spec(vm)
    there = _shown(vmi) if vmi is not None else set()
    followed = {nic["name"] for nic in of(vmi["spec"]) if not absent(nic)} if vmi is not None else set()
    gone = {nic["name"] for nic in of(spec) if absent(nic)} - there - followed
    if not gone:
        return None
    nics = [nic for nic in of(spec) if nic["name"] not in gone]
    networks = [one for one in spec.get("networks") or [] if one["name"] not in gone]
    return {"domain": {"devices": {"interfaces": nics}}, "networks": networks}


def statuses(vmi: Json) -> list[Json]:
    """Compute status.interfaces with the link states that the spec wants, without those that leave."""
    wanted_states = {nic["name"]: nic.get("state") or "up" for nic in of(vmi["spec"])}
    known = (vmi.get("status") or {}).get("interfaces") or []
    shown = [{**one, "linkState": wanted_states.get(one["name"], one["linkState"])} for one in known]
    return [one for one in shown if one["linkState"] != "absent"]


def waiting(vmi: Json) -> bool:
    """Say whether an interface of the spec is not in the guest yet."""
    return any(not absent(nic) and nic["name"] not in _shown(vmi) for nic in of(vmi["spec"]))


def _waits(vmi: Json, reason: str) -> bool:
    runs = phase(vmi) == "Running" and not deleting(vmi) and bool(_shown(vmi))
    return runs and waiting(vmi) and get_condition(vmi, REQUIRED).get("reason") == (reason or None)


def _say(vmi: Json, now: datetime, reason: str) -> list[Effect]:
    new = condition(REQUIRED, reason == DUE, now, reason)
    return [Change({"status": {"conditions": with_conditions(vmi["status"].get("conditions") or [], new)}})]


def _new(vmi: Json, _world: World) -> bool:
    return _waits(vmi, "")


def _pending(vmi: Json, _world: World) -> bool:
    return _waits(vmi, PENDING)


STAGES: Stages = (
    Stage("an interface waits to be plugged", _new, lambda vmi, _, now: _say(vmi, now, PENDING), after_s=0.05),
    Stage("nobody plugged it: a migration will", _pending, lambda vmi, _, now: _say(vmi, now, DUE), after_s=1.5),
)
