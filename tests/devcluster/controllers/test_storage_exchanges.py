"""Every recorded exchange about snapshots, restores, clones and exports, sent to the development cluster.

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
from tests.devcluster.controllers.scene import CLASS, claim, furnish, items_of, machine_of

RECORDED_AT = 1_795_332_380.0
FILE = "snapshot-restore-clone-export"
NAMESPACE = "k8"


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives, with the recorded claim and machine."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    await furnish(bench.client, NAMESPACE, "k10")
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        made = Exchanges(bench, http)
        await made.kube.post(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims", claim("d1"))
        await made.pass_time(2.0)
        first = machine_of(items_of(FILE)[0]["response"]["body"])
        await made.kube.post(f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachines", first)
        await made.until_printable(NAMESPACE, "s1", "Stopped")
        yield made
    await bench.stop()


NOT_IMITATED = {
    "POST export": "the API server sends no warning of a custom resource's deprecated version",
    "VolumeSnapshots": "the recorded snapshotter was a script that set no finalizers",
    "export": "exports are served by plain HTTP on one port, at the same links internally and externally",
}


async def _meanwhile(exchanges: Exchanges, label: str) -> None:
    """Do what the recorder did and waited for between two exchanges."""
    if label == "POST snapshot (2)":
        await exchanges.until(lambda: _agent(exchanges))
    if label == "start":
        client = exchanges.bench.client
        await client.delete(K.VIRTUAL_MACHINES, "s1new", NAMESPACE)
        await exchanges.pass_time(2.0)


def _agent(exchanges: Exchanges) -> bool:
    vm = exchanges.bench.cluster.api.get("kubevirt.io", "virtualmachines", NAMESPACE, "s1")
    return "AgentConnected" in str(vm)


async def test_snapshots_restores_clones_and_exports(exchanges: Exchanges) -> None:
    await exchanges.play(FILE, NOT_IMITATED, _meanwhile)
    exchanges.check()


async def test_a_restore_waits_five_minutes_for_its_target_and_fails(exchanges: Exchanges) -> None:
    vm = {"apiGroup": "kubevirt.io", "kind": "VirtualMachine", "name": "s1"}
    await _create(exchanges, K.VM_SNAPSHOTS, "sn", {"source": vm})
    await exchanges.pass_time(5.0)
    calls = K.VIRTUAL_MACHINE_CALLS.path(NAMESPACE, "s1", "start")
    await exchanges.bench.client.call("PUT", calls)
    await exchanges.until_printable(NAMESPACE, "s1", "Running")
    await _create(exchanges, K.VM_RESTORES, "r", {"target": vm, "virtualMachineSnapshotName": "sn"})
    await exchanges.pass_time(290.0)
    assert "Waiting for target VM to be powered off" in _conditions(exchanges)["Progressing"]
    await exchanges.pass_time(15.0)
    told = _conditions(exchanges)
    assert told["Failure"] == told["Progressing"]
    assert told["Failure"].startswith("Restore target failed to be ready within 5m0s")


async def _create(exchanges: Exchanges, kind: K.Kind, name: str, spec: dict[str, Any]) -> None:
    body = {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": {"name": name}, "spec": spec}
    await exchanges.bench.client.create(kind, body, NAMESPACE)


def _conditions(exchanges: Exchanges) -> dict[str, str]:
    found = exchanges.bench.cluster.api.get("snapshot.kubevirt.io", "virtualmachinerestores", NAMESPACE, "r")
    assert found is not None
    return {one["type"]: one["reason"] for one in found["status"]["conditions"]}


NO_TOKEN = "no clone tokens: the right to read the source is checked at admission"
FETCHED = (
    "http", "POST http", "clone:", "clone1", "clone2", "clone3", "POST clone", "VM ", "POST VM", "Halted VM",
    "its DataVolume", "stop while", "...", "DELETE VM", "after Orphan", "Table of DVs",
)  # fmt: skip
DATA_VOLUMES = {
    "/apis/cdi.kubevirt.io/v1beta1": "not every kind of CDI is defined",
    "/apis/cdi.kubevirt.io/v1beta1/cdis/cdi": "the recorded one was deployed by its operator",
    "/apis/cdi.kubevirt.io/v1beta1/cdiconfigs/config": "the furnished classes are in it too",
    "/apis/cdi.kubevirt.io/v1beta1/storageprofiles": "the furnished classes are in it too",
    "clone of a missing PVC": NO_TOKEN,
    "clone of a missing PVC: status": NO_TOKEN,
}


def _needs_no_web_server(item: dict[str, Any]) -> bool:
    """Leave out what came of the recorder's web server, which is not there to be imported from."""
    return not item["label"].startswith(FETCHED)


async def _upload(exchanges: Exchanges, label: str) -> None:
    """Upload what the recorder uploaded through CDI's proxy, between two exchanges."""
    if label != "up1 after the upload":
        return
    client = exchanges.bench.client
    asked = {"metadata": {"name": "up1"}, "spec": {"pvcName": "up1"}}
    token = (await client.create(K.UPLOAD_TOKEN_REQUESTS, asked, "k10"))["status"]["token"]
    url = exchanges.bench.controllers.data_url + "/v1beta1/upload"
    answer = await exchanges.kube.http.post(url, content=b"image", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200


async def test_data_volumes(exchanges: Exchanges) -> None:
    await exchanges.play("cdi-datavolumes", DATA_VOLUMES, _upload, only=_needs_no_web_server)
    exchanges.check()


async def test_a_new_class_gets_a_profile(exchanges: Exchanges) -> None:
    profile = await exchanges.bench.client.get(K.STORAGE_PROFILES, CLASS)
    assert profile["status"]["snapshotClass"] == "rk-snap"
    assert profile["status"]["conditions"][0]["reason"] == "UnrecognizedProvisioner"
    config = await exchanges.bench.client.get(K.CDI_CONFIGS, "config")
    assert config["status"]["filesystemOverhead"]["storageClass"][CLASS] == "0.06"
