"""What a project may have and what it has: ResourceQuotas as Cinder's quotas.

Kubernetes enforces them when a claim is made, which is after Cinder has answered; so they are also checked before.
"""

from __future__ import annotations

import math
from typing import Any

import msgspec

from dicot.api.errors import TooLarge
from dicot.cluster import Cluster
from dicot.kube.kinds import RESOURCE_QUOTAS
from dicot.kube.quantity import number
from dicot.volume.snapshots import facts as snapshot_facts
from dicot.volume.types import facts as type_facts
from dicot.volume.volumes import facts
from dicot.volume.volumes.view import type_name

Json = dict[str, Any]

UNLIMITED = -1
VOLUMES = ("count/persistentvolumeclaims", "persistentvolumeclaims")
GIGABYTES = ("requests.storage",)
SNAPSHOTS = ("count/volumesnapshots.snapshot.storage.k8s.io",)
FIXED = {"per_volume_gigabytes": UNLIMITED, "backups": 0, "backup_gigabytes": 0, "groups": 0}
"""What no ResourceQuota says: there is no limit for one volume, and there are neither backups nor groups."""

_CLASS = ".storageclass.storage.k8s.io/"
_GIB = 1024**3


class Quota(msgspec.Struct, frozen=True):
    """One limit (-1 for none) and how much of it is used."""

    limit: int
    in_use: int


def keys(resource: str) -> tuple[str, ...]:
    """Return how a ResourceQuota may spell one of Cinder's resources, the preferred spelling first."""
    plain = {"volumes": VOLUMES, "gigabytes": GIGABYTES, "snapshots": SNAPSHOTS}
    if resource in plain:
        return plain[resource]
    kind, _, storage_class = resource.partition("_")
    suffix = {"volumes": "persistentvolumeclaims", "gigabytes": "requests.storage"}.get(kind)
    return (f"{storage_class}{_CLASS}{suffix}",) if suffix and storage_class else ()


def of_project(cluster: Cluster, namespace: str) -> dict[str, Quota]:
    """Return every quota of a project, with one set more for each volume type."""
    quotas = cluster.cache(RESOURCE_QUOTAS).find("namespace", namespace)
    used = _used(cluster, namespace)
    found: dict[str, Quota] = {}
    types = [one.name for one in type_facts.every(cluster)]
    named = (f"{kind}_{name}" for name in types for kind in ("volumes", "gigabytes", "snapshots"))
    for resource in ("volumes", "gigabytes", "snapshots", *named):
        limits = [one for quota in quotas if (one := _limit(quota, resource)) is not None]
        found[resource] = Quota(min(limits, default=UNLIMITED), used.get(resource, 0))
    return found | {name: Quota(limit, 0) for name, limit in FIXED.items()}


def _limit(quota: Json, resource: str) -> int | None:
    hard = quota["spec"].get("hard") or {}
    texts = [hard[key] for key in keys(resource) if key in hard]
    if not texts:
        return None
    least = min(number(text) for text in texts)
    return math.floor(least / _GIB) if resource.startswith("gigabytes") else math.floor(least)


def _used(cluster: Cluster, namespace: str) -> dict[str, int]:
    used: dict[str, int] = {}

    def count(resource: str, name: str | None, amount: int) -> None:
        for key in (resource, f"{resource}_{name}"):
            used[key] = used.get(key, 0) + amount

    for volume in facts.all_in(cluster, namespace):
        count("volumes", type_name(volume), 1)
        count("gigabytes", type_name(volume), volume.size_gib)
    for snapshot in snapshot_facts.all_in(cluster, namespace):
        count("snapshots", snapshot.type_name, 1)
        count("gigabytes", snapshot.type_name, snapshot.size_gib)
    return used


def require(cluster: Cluster, namespace: str, kind: str, *, volumes: int = 0, snapshots: int = 0, gib: int = 0) -> None:
    """Raise TooLarge, in Cinder's words, if a project may not have that much more."""
    quotas = of_project(cluster, namespace)
    for suffix in ("", f"_{kind}"):
        gigabytes = quotas.get(f"gigabytes{suffix}", Quota(UNLIMITED, 0))
        if _exceeded(gigabytes, gib):
            raise over(
                f"VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes{suffix} "
                f"quota. Requested {gib}G, quota is {gigabytes.limit}G and {gigabytes.in_use}G has been consumed."
            )
        counted = quotas.get(f"volumes{suffix}", Quota(UNLIMITED, 0))
        if _exceeded(counted, volumes):
            raise over(
                f"VolumeLimitExceeded: Maximum number of volumes allowed ({counted.limit}) exceeded for quota "
                f"'volumes{suffix}'."
            )
        taken = quotas.get(f"snapshots{suffix}", Quota(UNLIMITED, 0))
        if _exceeded(taken, snapshots):
            raise over(f"SnapshotLimitExceeded: Maximum number of snapshots allowed ({taken.limit}) exceeded")


def _exceeded(quota: Quota, more: int) -> bool:
    return more > 0 and quota.limit != UNLIMITED and quota.in_use + more > quota.limit


def over(message: str) -> TooLarge:
    """Make the answer to a request over the quota."""
    return TooLarge(message, headers={"Retry-After": "0"})
