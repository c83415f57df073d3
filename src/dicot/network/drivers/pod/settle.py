"""Makes a namespace's NetworkPolicies and Services be as its custom resources say. Idempotent.

Everything here has an ownerReference, so that Kubernetes cleans up what this does not reach.
"""

from __future__ import annotations

from typing import Any

from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import NETWORK_POLICIES, SERVICES, Kind
from dicot.network import servers, store
from dicot.network.drivers.kubeovn.settle import groups
from dicot.network.drivers.pod import manifest
from dicot.network.drivers.pod.manifest import Facts
from dicot.network.kinds import FLOATING_IPS, NETWORKS, PORTS, SECURITY_GROUPS
from dicot.network.resources import FLOATING_IP, NETWORK

Json = dict[str, Any]


async def settled(cluster: Cluster, obj: Json) -> None:
    """Settle the project of an object."""
    await project(cluster, store.namespace_of(obj))


async def project(cluster: Cluster, namespace: str) -> None:
    """Create, change and delete until the project's objects are right."""
    wanted = manifest.everything(gather(cluster, namespace))
    for kind, body in wanted:
        await _ensure(cluster, kind, body)
    keep = {(kind, body["metadata"]["name"]) for kind, body in wanted}
    for kind in (SERVICES, NETWORK_POLICIES):
        for have in cluster.cache(kind).find("project", namespace):
            if (kind, have["metadata"]["name"]) not in keep and store.alive(have):
                await _delete(cluster, kind, have)


def gather(cluster: Cluster, namespace: str) -> Facts:
    """Read from the cache what matters of a project."""

    def living(kind: Kind) -> list[Json]:
        return [one for one in cluster.cache(kind).find("namespace", namespace) if store.alive(one)]

    floating_ips = living(FLOATING_IPS)
    lead: dict[str, tuple[str, Json]] = {}
    for floating_ip in floating_ips:
        for port in cluster.cache(PORTS).find("id", floating_ip["spec"].get("portId", "-")):
            vm = servers.vm_of(cluster, port)
            if vm is not None:
                lead[store.identity(FLOATING_IP, floating_ip)] = (vm["metadata"]["name"], port)
    networks = living(NETWORKS)
    return Facts(
        namespace=namespace,
        networks=networks,
        groups=groups(cluster, namespace),
        floating_ips=floating_ips,
        neighbours={one: _neighbours(cluster, one) for one in (store.identity(NETWORK, net) for net in networks)},
        lead=lead,
    )


def _neighbours(cluster: Cluster, network_id: str) -> list[str]:
    """Return the networks that share a router with one."""
    found: set[str] = set()
    for port in cluster.cache(PORTS).find("network", network_id):
        if port["spec"].get("deviceOwner") == "network:router_interface":
            others = cluster.cache(PORTS).find("device", port["spec"]["deviceId"])
            found |= {one["spec"]["networkId"] for one in others}
    return sorted(found - {network_id})


async def _ensure(cluster: Cluster, kind: Kind, body: Json) -> None:
    meta = body["metadata"]
    have = cluster.cache(kind).get(meta["name"], meta["namespace"])
    if have is None:
        try:
            made = await cluster.client.create(kind, body)
        except kube.AlreadyExists:
            made = await cluster.look(kind, meta["name"], meta["namespace"])
        cluster.cache(kind).learn(made)
        have = made
    if any(not _holds(have["spec"].get(key), value) for key, value in body["spec"].items()):
        patch = {"spec": body["spec"]}
        cluster.cache(kind).learn(await cluster.client.patch(kind, meta["name"], patch, meta["namespace"]))


def _holds(have: Any, wanted: Any) -> bool:
    """Tell whether a value says at least what is wanted: Kubernetes fills in defaults and drops what is empty."""
    if isinstance(wanted, dict):
        return isinstance(have, dict) and all(_holds(have.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        have = have or []
        return len(have) == len(wanted) and all(_holds(one, other) for one, other in zip(have, wanted, strict=True))
    return have == wanted


async def _delete(cluster: Cluster, kind: Kind, have: Json) -> None:
    meta = have["metadata"]
    owner = _owner(have)
    if owner is not None and not await _gone_or_known(cluster, owner):
        return
    try:
        await cluster.client.delete(kind, meta["name"], meta["namespace"], uid=meta["uid"])
    except (kube.NotFound, kube.Conflict):
        # Gone, or another one of this name by now: the next round looks at that.
        return


def _owner(have: Json) -> tuple[Kind, str, str] | None:
    """Return the kind, name and namespace of the custom resource an object was made for."""
    kinds = {one.kind: one for one in (NETWORKS, SECURITY_GROUPS, FLOATING_IPS)}
    for owner in have["metadata"].get("ownerReferences", []):
        if owner["kind"] in kinds:
            return kinds[owner["kind"]], owner["name"], have["metadata"]["namespace"]
    return None


async def _gone_or_known(cluster: Cluster, owner: tuple[Kind, str, str]) -> bool:
    """Tell whether an owner is gone, or known to this replica, which then wants the object no longer."""
    kind, name, namespace = owner
    if cluster.cache(kind).get(name, namespace) is not None:
        return True
    try:
        await cluster.look(kind, name, namespace)
    except kube.NotFound:
        return True
    return False


def is_translated(cluster: Cluster, floating_ip: Json) -> bool:
    """Tell whether a load balancer has the address by now."""
    name = f"fip-{store.identity(FLOATING_IP, floating_ip)}"
    service = cluster.cache(SERVICES).get(name, store.namespace_of(floating_ip))
    return bool(service and service.get("status", {}).get("loadBalancer", {}).get("ingress"))
