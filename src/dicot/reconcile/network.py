"""Follows up on networks: what kubectl changed or deleted, addresses whose owner is gone, ports whose server is gone.

Everything here also happens while a request is answered; this makes it true after a crash and for objects that no
request has touched.
"""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from dicot import names
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import KUBEOVN_SUBNETS, KUBEOVN_VPCS, VIRTUAL_MACHINES
from dicot.network import addresses, plug, store
from dicot.network.drivers.choice import of as driver_of
from dicot.network.drivers.kubeovn.manifest import PROJECT
from dicot.network.kinds import FLOATING_IPS, IP_ADDRESSES, NETWORKS, PORTS, ROUTERS, SECURITY_GROUPS, SUBNETS
from dicot.network.resources import ALL
from dicot.reconcile.follow_up import FollowUp

Json = dict[str, Any]

log = structlog.get_logger(__name__)

EVERY_S = 60.0
GRACE_S = 60.0
"""How long an address or a port may be without its owner: a server is made after its ports."""
SETTLED = (NETWORKS, ROUTERS, FLOATING_IPS, SECURITY_GROUPS)


async def let_go(cluster: Cluster) -> None:
    """Clean up behind what kubectl deleted, so that the objects can go."""
    for kind in SETTLED:
        for one in cluster.cache(kind).all():
            if not store.alive(one):
                await _settle(cluster, one)


async def _settle(cluster: Cluster, obj: Json) -> None:
    """Settle one project; what is wrong with it (kubectl takes almost anything) is not to stop the others."""
    try:
        await driver_of(cluster).settle(cluster, obj)
    except (kube.KubeError, KeyError, TypeError, ValueError):
        log.exception("project not settled", namespace=store.namespace_of(obj))


async def sweep(cluster: Cluster, grace_s: float = GRACE_S) -> None:
    """Settle every project, and take back what nobody has owned for a while."""
    for namespace in _namespaces(cluster):
        await _settle(cluster, {"metadata": {"namespace": namespace}})
    for address in cluster.cache(IP_ADDRESSES).all():
        if _is_old(address, grace_s) and not _has_owner(cluster, address):
            await addresses.give_back(cluster, [address])
    for port in cluster.cache(PORTS).all():
        if store.alive(port) and _is_old(port, grace_s):
            await _free(cluster, port)


def _namespaces(cluster: Cluster) -> list[str]:
    """Return the namespaces that have networks, and those of which the driver has something left."""
    found = {store.namespace_of(one) for kind in (*SETTLED, PORTS, SUBNETS) for one in cluster.cache(kind).all()}
    for kind in (KUBEOVN_VPCS, KUBEOVN_SUBNETS):
        if cluster.caches[kind].available:
            found |= {label for one in cluster.cache(kind).all() if (label := names.labels_of(one).get(PROJECT))}
    return sorted(found)


def _is_old(obj: Json, grace_s: float) -> bool:
    made = datetime.fromisoformat(obj["metadata"]["creationTimestamp"].replace("Z", "+00:00"))
    return datetime.now(UTC) - made > timedelta(seconds=grace_s)


def _has_owner(cluster: Cluster, address: Json) -> bool:
    owner = address["spec"]["ownerId"]
    return any(cluster.cache(resource.kind).find("id", owner) for resource in ALL if resource.kind in _HOLDERS)


_HOLDERS = (PORTS, ROUTERS, FLOATING_IPS)


async def _free(cluster: Cluster, port: Json) -> None:
    """Let go of a port whose server is gone: one that was made for it goes, the user's own is free again."""
    spec, meta = port["spec"], port["metadata"]
    if not spec.get("deviceOwner", "").startswith(plug.OWNER_PREFIX):
        return
    if cluster.cache(VIRTUAL_MACHINES).find("id", spec.get("deviceId", "")):
        return
    with contextlib.suppress(kube.NotFound, kube.Conflict):
        if plug.made_for_server(port):
            await cluster.client.delete(PORTS, meta["name"], meta["namespace"], uid=meta["uid"])
        else:
            body: Json = {
                "metadata": {"resourceVersion": meta["resourceVersion"]},
                "spec": {"deviceId": None, "deviceOwner": None},
            }
            await cluster.client.patch(PORTS, meta["name"], body, meta["namespace"])


FOLLOW_UPS = (FollowUp("network-deletions", let_go, EVERY_S, SETTLED), FollowUp("network", sweep, EVERY_S))
