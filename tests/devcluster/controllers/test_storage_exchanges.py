"""Every recorded exchange about snapshots, restores, clones and exports, sent to the development cluster.

What is not imitated is listed by name below, each with its reason. The counts are printed.
"""

import copy
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from dicot.devcluster.clock import ManualClock
from dicot.kube import kinds as K
from dicot.kube.client import Client
from tests.devcluster.controllers.bench import Bench
from tests.devcluster.controllers.exchanges import Exchanges
from tests.shared_material import shared

RECORDED_AT = 1_795_332_380.0
FILE = "snapshot-restore-clone-export"
NAMESPACE = "k8"
CLASS = "rk-local"
PROVISIONER = "rk.example.com/local"


async def furnish(client: Client) -> None:
    """Make the classes and the node that the recorded machine names."""
    await client.create(K.NAMESPACES, {"metadata": {"name": NAMESPACE}, "apiVersion": "v1", "kind": "Namespace"})
    storage: dict[str, Any] = {"provisioner": PROVISIONER, "volumeBindingMode": "Immediate"}
    await client.create(
        K.STORAGE_CLASSES,
        {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": CLASS}, **storage},
    )
    snapshots = {"driver": PROVISIONER, "deletionPolicy": "Delete", "metadata": {"name": "rk-snap"}}
    await client.create(
        K.VOLUME_SNAPSHOT_CLASSES,
        {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", **snapshots},
    )
    nodes, _ = await client.list(K.NODES)
    labels = {**nodes[0]["metadata"]["labels"], "kubernetes.io/hostname": "node01"}
    await client.patch(K.NODES, nodes[0]["metadata"]["name"], {"metadata": {"labels": labels}})


def first_machine() -> dict[str, Any]:
    """The machine as the recorder had made it before the first exchange: without what KubeVirt filled in."""
    items = json.loads(shared(f"recordings/kubernetes/{FILE}.json").read_text())["items"]
    vm = copy.deepcopy(items[0]["response"]["body"])
    vm["metadata"] = {"name": vm["metadata"]["name"], "namespace": NAMESPACE}
    del vm["status"]
    del vm["spec"]["template"]["spec"]["architecture"]
    del vm["spec"]["template"]["metadata"]["annotations"]
    domain = vm["spec"]["template"]["spec"]["domain"]
    for key in ("machine", "resources"):
        del domain[key]
    for key in ("serial", "uuid"):
        del domain["firmware"][key]
    return vm


@pytest.fixture
async def exchanges(tmp_path: Path) -> AsyncIterator[Exchanges]:
    """A furnished cluster whose time a test drives, with the recorded claim and machine."""
    bench = await Bench.start(tmp_path / "state", ManualClock(RECORDED_AT))
    await furnish(bench.client)
    async with httpx2.AsyncClient(base_url=bench.cluster.url, headers={"user-agent": "rk-rec/1"}, timeout=10) as http:
        made = Exchanges(bench, http)
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}}
        claim = {"metadata": {"name": "d1"}, "spec": {**spec, "storageClassName": CLASS}}
        await made.kube.post(f"/api/v1/namespaces/{NAMESPACE}/persistentvolumeclaims", claim)
        await made.pass_time(2.0)
        await made.kube.post(f"/apis/kubevirt.io/v1/namespaces/{NAMESPACE}/virtualmachines", first_machine())
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
