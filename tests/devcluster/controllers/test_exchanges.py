"""Every recorded exchange with a real KubeVirt 1.9, sent to the development cluster: status and body must be equal.

What is not imitated is listed by name below, each with its reason. The counts are printed.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from tests.devcluster.controllers.bench import Bench
from tests.devcluster.controllers.exchanges import Exchanges

RECORDED_AT = 1_795_331_474.0
NAMESPACES = ("k2", "k3", "k4", "k7b", "k9", "k13", "k15")


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives, with the recordings' namespaces and the user alice."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    alice = bench.cluster.add_user("alice", ["devs"])
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        made = Exchanges(bench, http, {"Bearer <rkalicetoken>": alice})
        for name in NAMESPACES:
            await made.kube.post("/api/v1/namespaces", {"metadata": {"name": name}})
        yield made
    await bench.stop()


CREATE = {
    "instancetype without cpu: schema": "the schema's required fields are checked below the rules in CEL",
    "ControllerRevisions": "labels of the instancetype are kept in the revision",
    "expand-spec of it": "what an instance spec always has is not written out",
    "preference requirements not met": "requirements of preferences are not checked",
    "instancetype inferFromVolume, no such volume": "nothing is inferred from volumes",
    "Table of VMs": "the column Status has no description",
    "list of all after the controller": "labels of the instancetype are kept in the revision",
}


async def test_creations(exchanges: Exchanges) -> None:
    await exchanges.play("vm-create", CREATE)
    exchanges.check()
