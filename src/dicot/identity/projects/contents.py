"""What a project still holds, asked of Kubernetes itself: nothing of a tenant's may go with its namespace unseen."""

from __future__ import annotations

import asyncio

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import (
    DATA_SOURCES,
    DATA_VOLUMES,
    PERSISTENT_VOLUME_CLAIMS,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOTS,
    Kind,
)

_NETWORK = "network.dicot.io"
KINDS = (
    VIRTUAL_MACHINES,
    PERSISTENT_VOLUME_CLAIMS,
    DATA_VOLUMES,
    VOLUME_SNAPSHOTS,
    DATA_SOURCES,
    # What tenants make in Neutron; security groups and addresses are Dicot's own and go with the namespace.
    Kind(_NETWORK, "v1alpha1", "networks", "Network"),
    Kind(_NETWORK, "v1alpha1", "ports", "Port"),
    Kind(_NETWORK, "v1alpha1", "routers", "Router"),
    Kind(_NETWORK, "v1alpha1", "floatingips", "FloatingIP"),
)


async def contents(cluster: Cluster, caller: Caller, namespace: str) -> dict[str, int]:
    """Count what is in a namespace, by plural; kinds without an object are left out."""
    # What nobody watches is not served.
    kinds = [kind for kind in KINDS if kind in cluster.caches]
    counts = await asyncio.gather(*(_count(cluster, caller, kind, namespace) for kind in kinds))
    return {kind.plural: count for kind, count in zip(kinds, counts, strict=True) if count}


async def _count(cluster: Cluster, caller: Caller, kind: Kind, namespace: str) -> int:
    try:
        found, _ = await cluster.as_user(caller).list(kind, namespace)
    except kube.NotFound:  # this cluster does not serve the kind, so there are none
        return 0
    return len(found)
