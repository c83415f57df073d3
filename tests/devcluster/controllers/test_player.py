"""The player itself: what it does about a stage that is refused."""

import pytest

from dicot.devcluster.controllers import player
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import NAMESPACE, Bench, machine


async def test_a_refused_stage_does_not_keep_others_waiting(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the next attempt is put off: a change is looked at at once."""
    monkeypatch.setattr(player, "RETRY_FIRST_S", 60.0)
    monkeypatch.setattr(player, "RETRY_MOST_S", 60.0)
    spec = machine("Always")
    del spec["template"]["spec"]["domain"]["memory"]
    await bench.create(K.VIRTUAL_MACHINES, "vm", spec)
    await bench.until_status(K.VIRTUAL_MACHINES, "vm", lambda s: "FailedCreate" in str(s.get("conditions")))
    await bench.client.delete(K.VIRTUAL_MACHINES, "vm", NAMESPACE)
    await bench.until_gone(K.VIRTUAL_MACHINES, "vm")
