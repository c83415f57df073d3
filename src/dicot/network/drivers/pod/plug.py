"""Plugs ports into virtual machines on the cluster's own network: labels say which policies are meant."""

from __future__ import annotations

from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import VIRTUAL_MACHINES
from dicot.network import servers, store
from dicot.network.drivers import Wire, link
from dicot.network.drivers.pod import settle
from dicot.network.drivers.pod.manifest import GROUP_LABEL, NETWORK_LABEL, OPEN_LABEL

Json = dict[str, Any]

PREFIXES = (GROUP_LABEL, NETWORK_LABEL, OPEN_LABEL)


def wire(_: Cluster, port: Json, __: Json, ___: int) -> Wire:
    """Describe how a port is plugged in."""
    network = {"name": link.name(port), "pod": dict[str, Any]()}
    return Wire(network=network, interface=link.interface(port, "masquerade"), labels=labels(port))


def labels(port: Json) -> dict[str, str]:
    """Return the labels that policies select a port's server by."""
    spec = port["spec"]
    network = spec["networkId"]
    if not spec.get("portSecurityEnabled", True):
        return {OPEN_LABEL + network: "", NETWORK_LABEL + network: ""}
    return {NETWORK_LABEL + network: "", **{GROUP_LABEL + one: "" for one in spec.get("securityGroups", [])}}


async def replug(cluster: Cluster, caller: Caller, port: Json) -> None:
    """Let a change of a port reach its server: template, instance and pod, since KubeVirt passes no labels on."""
    await settle.project(cluster, store.namespace_of(port))
    vm = servers.vm_of(cluster, port)
    if vm is None:
        return
    meta = vm["metadata"]
    have = vm["spec"]["template"].get("metadata", {}).get("labels", {})
    new = labels(port)
    patch: Json = {key: None for key in have if key.startswith(PREFIXES) and key not in new}
    patch |= {key: value for key, value in new.items() if key not in have}
    if not patch:
        return
    template = {"spec": {"template": {"metadata": {"labels": patch}}}}
    await cluster.patch(caller, VIRTUAL_MACHINES, meta["name"], template, meta["namespace"])
    await link.carry(cluster, caller, vm, {"labels": patch})
