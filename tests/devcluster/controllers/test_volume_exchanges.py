"""Every recorded exchange about plugging volumes, sent to the development cluster.

What is not imitated is listed by name below, each with its reason. The counts are printed.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from tests.devcluster.controllers.bench import Bench
from tests.devcluster.controllers.exchanges import Exchanges
from tests.devcluster.controllers.scene import claim, furnish, items_of, machine_of

Json = dict[str, Any]
RECORDED_AT = 1_795_332_685.0
FILE = "hotplug-volume"
NAMESPACE = "k7b"


def first_machine() -> Json:
    """The machine before the first volume came: as it was after that one had gone again."""
    return machine_of(items_of(FILE)[3]["response"]["body"])


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives, with the recorded claims and machine."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    await furnish(bench.client, NAMESPACE)
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        made = Exchanges(bench, http)
        for name in ("hp1", "hp2"):
            await made.kube.post(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims", claim(name))
        await made.pass_time(2.0)
        await made.kube.post(f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachines", first_machine())
        await made.until_printable(NAMESPACE, "h1", "Stopped")
        await made.pass_time(1.0)
        yield made
    await bench.stop()


EARLIER = "the machine went on showing what its instance had said before the claim's modes were known"
NOT_IMITATED = {
    "hot-plugged hp1 Ready: VM": EARLIER,
    "missing PVC: VM": EARLIER,
    "after removing the pending one: VM": EARLIER,
    "hp2: VM": EARLIER,
    "pods": "attachment pods are named in the status but do not exist",
    "DELETE": "what a call writes into the spec is virt-controller's here, since one client writes for all of KubeVirt",
    "memorydump to a small PVC": "memory dumps are refused by name",
}


async def _meanwhile(exchanges: Exchanges, label: str) -> None:
    """Wait for what the recorder waited for before it went on."""
    if label == "addvolume hp1":
        await exchanges.until_machine(NAMESPACE, "h1", lambda vm: "AgentConnected" in str(vm["status"]))
        await exchanges.pass_time(1.0)


async def test_plugging_of_volumes(exchanges: Exchanges) -> None:
    await exchanges.play(FILE, NOT_IMITATED, _meanwhile)
    exchanges.check()
