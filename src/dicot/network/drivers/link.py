"""A port's link, up or down as its admin_state_up says, on the VM's interface, which KubeVirt follows while it runs.

And what a running guest's instance and pod are told of its ports, since KubeVirt passes nothing on from the template.
"""

from __future__ import annotations

import contextlib
from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import PODS, VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES
from dicot.network import servers, store
from dicot.network.resources import PORT

Json = dict[str, Any]

DOWN = "down"


def interface(port: Json, binding: str) -> Json:
    """Describe a VM's interface for a port; its name tells the two together again."""
    made: Json = {"name": name(port), "macAddress": port["spec"]["macAddress"], binding: {}}
    return made if port["spec"].get("adminStateUp", True) else {**made, "state": DOWN}


def name(port: Json) -> str:
    """Name a VM's interface after its port."""
    return f"port-{store.identity(PORT, port)}"


async def follow(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Set the link of a port that a server has."""
    vm = servers.vm_of(cluster, port)
    if vm is None:
        return
    listed = vm["spec"]["template"]["spec"]["domain"].get("devices", {}).get("interfaces", [])
    for place, one in enumerate(listed):
        wanted = "up" if port["spec"].get("adminStateUp", True) else DOWN
        if one["name"] != name(port) or one.get("state", "up") == wanted:
            continue
        path = f"/spec/template/spec/domain/devices/interfaces/{place}"
        patch: list[Json] = [
            {"op": "test", "path": f"{path}/name", "value": one["name"]},
            {"op": "add", "path": f"{path}/state", "value": wanted},
        ]
        meta = vm["metadata"]
        await cluster.patch(caller, VIRTUAL_MACHINES, meta["name"], patch, meta["namespace"])


async def carry(cluster: Cluster, caller: Caller, vm: Json, told: Json) -> None:
    """Merge labels and annotations into a machine's instance, for the pod it migrates to, and its pod; if it runs."""
    meta = vm["metadata"]
    if cluster.cache(VIRTUAL_MACHINE_INSTANCES).get(meta["name"], meta["namespace"]) is None:
        return
    patch = {"metadata": told}
    with contextlib.suppress(kube.NotFound):  # it has ended meanwhile: the next one is made of the template
        await cluster.patch(caller, VIRTUAL_MACHINE_INSTANCES, meta["name"], patch, meta["namespace"])
    selection = f"vm.kubevirt.io/name={meta['name']}"
    pods, _ = await cluster.as_user(caller).list(PODS, meta["namespace"], labels=selection)
    for pod in pods:  # as Dicot: a member may not change pods
        with contextlib.suppress(kube.NotFound):
            await cluster.client.patch(PODS, pod["metadata"]["name"], patch, meta["namespace"])
