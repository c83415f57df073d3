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


NO_CDI = "CDI was not installed where this was recorded"
CREATE = {"list of all after the controller": NO_CDI, "Table of VMs": NO_CDI}


async def test_creations(exchanges: Exchanges) -> None:
    await exchanges.play("vm-create", CREATE)
    exchanges.check()


async def _calm_down(exchanges: Exchanges, label: str) -> None:
    """The recorder looked at its machine long after it was made."""
    if label.startswith(("patch: ", "PUT ")):
        await exchanges.pass_time(1.0)


REJECTIONS = {
    "clone without source": "the recorded webhook crashed",
}


async def test_rejections(exchanges: Exchanges) -> None:
    await exchanges.play("vm-rejections", REJECTIONS, _calm_down)
    exchanges.check()
