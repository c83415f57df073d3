"""What becomes of access credentials that a guest's agent is told of (virt-launcher's AccessCredentialManager). Pure.

The condition and the events are virt-handler's: updateAccessCredentialConditions in pkg/virt-handler/vm.go.
"""

from datetime import datetime

from dicot.devcluster.controllers.kubevirt.volumes import phase
from dicot.devcluster.controllers.objects import condition, deleting, get_condition, is_true, with_conditions
from dicot.devcluster.controllers.stage import Change, Effect, Event, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

HANDLER = "virt-handler"
SYNCHRONIZED = "AccessCredentialsSynchronized"
CHECK_S = 15.0
"""How often the launcher looks whether there is something to tell the agent."""
_OFFLINE = "Guest agent is offline"
_KINDS = ("sshPublicKey", "userPassword")


def _by_agent(vmi: Json) -> bool:
    told = (one.get(kind) or {} for one in vmi["spec"].get("accessCredentials") or [] for kind in _KINDS)
    return any("qemuGuestAgent" in (one.get("propagationMethod") or {}) for one in told)


def _message(vmi: Json) -> str:
    return "" if is_true(vmi, "AgentConnected") else _OFFLINE


def _is_due(vmi: Json, _world: World) -> bool:
    if not _by_agent(vmi) or phase(vmi) != "Running" or deleting(vmi) or is_true(vmi, SYNCHRONIZED):
        return False
    known = get_condition(vmi, SYNCHRONIZED)
    return not known or known.get("message", "") != _message(vmi)


def _tell(vmi: Json, _world: World, now: datetime) -> list[Effect]:
    why = _message(vmi)
    said = {**condition(SYNCHRONIZED, not why, now, message=why), "lastProbeTime": None}
    known = (vmi.get("status") or {}).get("conditions") or []
    event = Event(
        "AccessCredentialsSyncFailed" if why else "AccessCredentialsSyncSuccess",
        f"Access credentials sync failed: {why}" if why else "Access credentials sync successful.",
        "Warning" if why else "Normal",
        HANDLER,
    )
    return [Change({"status": {"conditions": with_conditions(known, said)}}), event]


STAGES: Stages = (Stage("the guest's agent is told credentials", _is_due, _tell, after_s=CHECK_S),)
