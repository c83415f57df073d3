"""The life of a node, as stages: virt-handler's heartbeat, and what is said of one whose machine has died.

Pure. A node dies by the annotation that LOST names, and lives again when it is removed.
"""

from datetime import UTC, datetime, timedelta

from dicot.devcluster.controllers.objects import annotations, get_condition, is_true, moment, name_of, stamp
from dicot.devcluster.controllers.stage import Change, Effect, Event, Stage, Stages, status
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import NODES

HEARTBEAT = "kubevirt.io/heartbeat"
EVERY_S = 60
LOST = "devcluster.dicot.io/lost"
GRACE_S = 50
UNREACHABLE = "node.kubernetes.io/unreachable"
EFFECTS = ("NoSchedule", "NoExecute")
STOPPED_POSTING = "Kubelet stopped posting node status."


def is_lost(name: str | None, world: World) -> bool:
    """Say whether the machine behind a node is dead, whether the cluster knows it yet or not."""
    node = world.get(NODES, name or "")
    return node is not None and annotations(node).get(LOST) == "true"


def is_ready(node: Json) -> bool:
    """Say whether the cluster believes that the node works."""
    return is_true(node, "Ready")


def address(name: str | None, world: World) -> str:
    """Read a node's internal address, "" if it has none."""
    node = world.get(NODES, name or "") or {}
    found = (node.get("status") or {}).get("addresses") or []
    return next((one["address"] for one in found if one["type"] == "InternalIP"), "")


def shown(node: Json) -> list[object]:
    """Say what of a node concerns those who run on it, or would."""
    conditions = [(one["type"], one["status"]) for one in (node.get("status") or {}).get("conditions") or []]
    allocatable = (node.get("status") or {}).get("allocatable")
    return [node["metadata"].get("labels"), node["spec"], allocatable, conditions, _lost(node)]


def _lost(node: Json) -> bool:
    return annotations(node).get(LOST) == "true"


def _due(node: Json) -> datetime:
    text = annotations(node).get(HEARTBEAT)
    return moment(text) + timedelta(seconds=EVERY_S) if text else datetime.fromtimestamp(0, UTC)


def _beat(_node: Json, _world: World, now: datetime) -> list[Effect]:
    return [Change({"metadata": {"annotations": {HEARTBEAT: stamp(now)}}})]


def _alive(node: Json, _world: World) -> bool:
    return is_ready(node) and not _lost(node)


def _is_silent(node: Json, _world: World) -> bool:
    return _lost(node) and get_condition(node, "Ready").get("status") != "Unknown"


def _give_up(node: Json, _world: World, now: datetime) -> list[Effect]:
    """Say that nothing is known of the node, and keep pods away from it."""
    unknown = {"status": "Unknown", "reason": "NodeStatusUnknown", "message": STOPPED_POSTING}
    conditions = [{**one, **unknown, "lastTransitionTime": stamp(now)} for one in node["status"]["conditions"]]
    taints = [{"key": UNREACHABLE, "effect": effect, "timeAdded": stamp(now)} for effect in EFFECTS]
    event = Event("NodeNotReady", f"Node {name_of(node)} status is now: NodeNotReady", component="node-controller")
    return [*status({"conditions": conditions}, event), Change({"spec": {"taints": [*_others(node), *taints]}})]


def _others(node: Json) -> list[Json]:
    return [taint for taint in node["spec"].get("taints") or [] if taint["key"] != UNREACHABLE]


def _is_back(node: Json, _world: World) -> bool:
    return not _lost(node) and get_condition(node, "Ready").get("reason") == "NodeStatusUnknown"


def _come_back(node: Json, _world: World, now: datetime) -> list[Effect]:
    ready = {"type": "Ready", "status": "True", "reason": "KubeletReady", "lastTransitionTime": stamp(now)}
    left = [one for one in node["status"]["conditions"] if one["type"] != "Ready"]
    calm = [{**one, "status": "False", "lastTransitionTime": stamp(now)} for one in left]
    effects: list[Effect] = [Change({"spec": {"taints": _others(node) or None}})]
    return [*effects, *status({"conditions": [*calm, {**ready, "message": "kubelet is posting ready status"}]})]


STAGES: Stages = (
    Stage("it is silent: nothing is known of it", _is_silent, _give_up, after_s=GRACE_S),
    Stage("it is back", _is_back, _come_back, after_s=1.0),
    Stage("the heartbeat is a minute old", _alive, _beat, until=_due),
)
