"""Makes claims larger: the storage, and in a file system the next mount, do the rest."""

from __future__ import annotations

import math
from typing import Any

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS
from dicot.volume import spelling
from dicot.volume.types import facts as type_facts
from dicot.volume.volumes import facts
from dicot.volume.volumes.record import Volume
from dicot.volume.volumes.view import type_name

Json = dict[str, Any]

_GIB = 1024**3


def expandable(cluster: Cluster, claim: Json) -> bool:
    """Tell whether the storage class of a claim lets it grow."""
    found = facts.gather(cluster, claim).storage_class
    return found is not None and type_facts.describe(cluster, found).expandable


async def grow(cluster: Cluster, caller: Caller, claim: Json, size_gib: int) -> None:
    """Ask for a larger claim as the user."""
    volume = facts.gather(cluster, claim)
    patch: Json = {
        "metadata": {"annotations": {spelling.SIZE_GIB: str(size_gib)}},
        "spec": {"resources": {"requests": {"storage": _request(cluster, volume, size_gib)}}},
    }
    await cluster.patch(caller, PERSISTENT_VOLUME_CLAIMS, volume.name, patch, volume.namespace)


def _request(cluster: Cluster, volume: Volume, size_gib: int) -> str:
    """Return the claim's new request: a disk in a file system needs CDI's overhead around it."""
    if volume.claim["spec"].get("volumeMode") == "Block" or volume.data_volume is None:
        return f"{size_gib}Gi"
    share = facts.overhead(cluster, type_name(volume) or "")
    return str(math.ceil(size_gib * _GIB * (1 + share)))
