"""The life of a node, as one stage: virt-handler's heartbeat.

Pure.
"""

from datetime import UTC, datetime, timedelta

from dicot.devcluster.controllers.objects import annotations, moment, stamp
from dicot.devcluster.controllers.stage import Change, Effect, Stage, Stages
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

HEARTBEAT = "kubevirt.io/heartbeat"
EVERY_S = 60


def _due(node: Json) -> datetime:
    text = annotations(node).get(HEARTBEAT)
    return moment(text) + timedelta(seconds=EVERY_S) if text else datetime.fromtimestamp(0, UTC)


def _beat(_node: Json, _world: World, now: datetime) -> list[Effect]:
    return [Change({"metadata": {"annotations": {HEARTBEAT: stamp(now)}}})]


def _alive(node: Json, _world: World) -> bool:
    ready = (one["status"] for one in (node.get("status") or {}).get("conditions") or [] if one["type"] == "Ready")
    return next(ready, "") == "True"


STAGES: Stages = (Stage("the heartbeat is a minute old", _alive, _beat, until=_due),)
