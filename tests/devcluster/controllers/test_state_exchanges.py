"""Every recorded exchange about error and waiting states, guests that power themselves off, and bare instances.

What is not imitated is listed by name below, each with its reason. The counts are printed.
"""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from dicot.kube import kinds as K
from tests.devcluster.controllers.bench import Bench
from tests.devcluster.controllers.exchanges import Exchanges
from tests.devcluster.controllers.scene import claim, furnish, items_of, machine_of

Json = dict[str, Any]
RECORDED_AT = 1_795_332_500.0
FILE = "states-errors"
NAMESPACE = "k9"
VMS = f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachines"
STRATEGIES = ("Always", "RerunOnFailure", "Manual", "Once")


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    await furnish(bench.client, NAMESPACE, "k13")
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        yield Exchanges(bench, http)
    await bench.stop()


NODES = "the recorded cluster had two nodes, this one has three"
IMAGES = "every image is taken to be there, with every path in it"
MULTUS = "the recorded cluster had no Multus; this one has"
OVERLAP = "in the recording the pod of an earlier instance of the name was still terminating"
WRITERS = "one client writes for virt-controller and virt-handler"
POOL = "pools are refused by name"
NOT_IMITATED = {
    "nodeSelector that fits no node: VM": NODES,
    "nodeSelector that fits no node: VMI": NODES,
    "containerDisk image that cannot be pulled: ErrImagePull / ImagePullBackOff: VM": IMAGES,
    "containerDisk image that cannot be pulled: ErrImagePull / ImagePullBackOff: VMI": IMAGES,
    "kernel path that is not in the image: CrashLoopBackOff: VM": IMAGES,
    "kernel path that is not in the image: CrashLoopBackOff: VMI": IMAGES,
    "multus network without multus: VM": MULTUS,
    "multus network without multus: VMI": MULTUS,
    "runStrategy Once after stop": "the recorded machine saw its instance once more before that was gone",
    "DELETE VMI": OVERLAP,
    "DELETE VM Orphan": OVERLAP,
    "after orphaning delete: VMI": OVERLAP,
    "re-created: VM": OVERLAP,
    "re-created: VMI": OVERLAP,
    "DELETE VM Foreground": OVERLAP,
    "during foreground delete: VM": OVERLAP,
    "during foreground delete: VMI": OVERLAP,
    "patch a label of a VMI": WRITERS,
    "DELETE bare VMI": WRITERS,
    "events in the namespace (core/v1)": "which five events come first is chance",
    "pool": POOL,
    "pool status": POOL,
    "pool VMs": POOL,
}


ENDS = {
    "POST: nodeSelector that fits no node": ("unsched",),
    "runStrategy Always, Running: start dryRun": ("nosel", "badimg", "nopvc", "unbound", "nosecret", "negmem", "nomem",
                                                  "badinst", "badnet", "badkern"),
}  # fmt: skip


def recorded(label: str) -> Json:
    """The machine that a recorded answer shows, as it was made."""
    return machine_of(next(item["response"]["body"] for item in items_of(FILE) if item["label"] == label))


async def _make(exchanges: Exchanges, body: Json) -> None:
    await exchanges.kube.post(VMS, body)


async def _remove(exchanges: Exchanges, names: tuple[str, ...]) -> None:
    for name in names:
        await exchanges.kube.delete(f"{VMS}/{name}")
        await exchanges.until(lambda name=name: exchanges.machine(NAMESPACE, name) is None)


async def _power_off(exchanges: Exchanges, name: str, namespace: str = NAMESPACE) -> None:
    await exchanges.bench.controllers.guests.power_off(namespace, name)


def _connected(vm: Json) -> bool:
    return vm["status"].get("printableStatus") == "Running" and "AgentConnected" in str(vm["status"])


async def _with_claims(exchanges: Exchanges, label: str) -> None:
    if label == "POST: PVC that never binds":
        body = {**claim("unbound"), "spec": {**claim("unbound")["spec"], "storageClassName": "nosuchclass"}}
        await exchanges.kube.post(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims", body)


async def _meanwhile(exchanges: Exchanges, label: str) -> None:
    """Do what the recorder did and waited for between two exchanges, by their label."""
    if label in ENDS:
        await _remove(exchanges, ENDS[label])
    for strategy in STRATEGIES:
        name = f"off-{strategy.lower()}"
        if label == f"runStrategy {strategy}, Running: start dryRun":
            await _make(exchanges, recorded(f"guest powered off, runStrategy {strategy}: VM"))
            if strategy == "Manual":
                calls = K.VIRTUAL_MACHINE_CALLS.path(NAMESPACE, name, "start")
                assert (await exchanges.kube.send("PUT", calls, accept="*/*")).status_code == 202
            await exchanges.until_machine(NAMESPACE, name, _connected)
        if label == f"guest powered off, runStrategy {strategy}: VM":
            await _power_off(exchanges, name)
    await _with_claims(exchanges, label)
    await _with_halted(exchanges, label)
    await _with_bare(exchanges, label)


async def _with_halted(exchanges: Exchanges, label: str) -> None:
    if label == "start of a Halted VM: runStrategy becomes Always":
        made = recorded("VM")
        made["spec"]["runStrategy"] = "Halted"
        await _make(exchanges, made)
        await exchanges.until_printable(NAMESPACE, "halt", "Stopped")
    if label == "DELETE VMI":
        await exchanges.until_machine(NAMESPACE, "halt", _connected)
    if label == "DELETE VM Orphan":
        await exchanges.pass_time(2.0)
        await exchanges.until_machine(NAMESPACE, "halt", _connected)
    if label == "after orphaning delete: VM":
        await exchanges.pass_time(1.0)


async def _with_bare(exchanges: Exchanges, label: str) -> None:
    if label == "bare VMI Succeeded (kept until deleted)":
        body = next(item["request"]["body"] for item in items_of(FILE) if item["label"] == "POST VMI")
        kind, spec = K.VIRTUAL_MACHINE_INSTANCES, {**body["spec"], "nodeSelector": {"kubernetes.io/hostname": "node01"}}
        await exchanges.bench.client.create(kind, {**body, "metadata": {"name": "direct"}, "spec": spec}, "k13")
        await exchanges.until(
            lambda: "AgentConnected" in str(exchanges.bench.cluster.api.get(kind.group, kind.plural, "k13", "direct"))
        )
        await _power_off(exchanges, "direct", "k13")


async def test_error_states_and_ends(exchanges: Exchanges) -> None:
    await exchanges.play(FILE, NOT_IMITATED, _meanwhile)
    exchanges.check()
