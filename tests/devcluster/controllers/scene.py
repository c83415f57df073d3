"""What stood in the recorded cluster before the first request: classes, a node by its name, and the first machine."""

import copy
import json
from typing import Any

from dicot.kube import kinds as K
from dicot.kube.client import Client
from tests.shared_material import shared

Json = dict[str, Any]
CLASS = "rk-local"
PROVISIONER = "rk.example.com/local"


async def furnish(client: Client, *namespaces: str) -> None:
    """Make the namespaces, the classes and the node that the recorded machines name."""
    for name in namespaces:
        await client.create(K.NAMESPACES, {"metadata": {"name": name}, "apiVersion": "v1", "kind": "Namespace"})
    for name, mode in ((CLASS, "Immediate"), ("rk-wffc", "WaitForFirstConsumer")):
        storage: Json = {"provisioner": PROVISIONER, "volumeBindingMode": mode, "metadata": {"name": name}}
        await client.create(K.STORAGE_CLASSES, {"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", **storage})
    snapshots = {"driver": PROVISIONER, "deletionPolicy": "Delete", "metadata": {"name": "rk-snap"}}
    await client.create(
        K.VOLUME_SNAPSHOT_CLASSES,
        {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshotClass", **snapshots},
    )
    nodes, _ = await client.list(K.NODES)
    labels = {**nodes[0]["metadata"]["labels"], "kubernetes.io/hostname": "node01"}
    await client.patch(K.NODES, nodes[0]["metadata"]["name"], {"metadata": {"labels": labels}})


def items_of(file: str) -> list[Json]:
    """Read a recording."""
    found: list[Json] = json.loads(shared(f"recordings/kubernetes/{file}.json").read_text())["items"]
    return found


def machine_of(recorded: Json) -> Json:
    """The machine as the recorder had made it: without what KubeVirt filled in."""
    vm = copy.deepcopy(recorded)
    vm["metadata"] = {"name": vm["metadata"]["name"], "namespace": vm["metadata"]["namespace"]}
    vm.pop("status", None)
    template = vm["spec"]["template"]
    template["metadata"].pop("annotations", None)
    template["spec"].pop("architecture", None)
    domain = template["spec"]["domain"]
    for key in ("machine", "resources"):
        domain.pop(key, None)
    for key in ("serial", "uuid"):
        domain.get("firmware", {}).pop(key, None)
    return vm


def claim(name: str) -> Json:
    """A claim as the recorder made them."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}}
    return {"metadata": {"name": name}, "spec": {**spec, "storageClassName": CLASS}}
