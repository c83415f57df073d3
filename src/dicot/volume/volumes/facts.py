"""What is known of one volume, gathered from the caches: its claim, its DataVolume, who uses it.

The only place where a volume is looked up; whether it may be seen is decided here.
"""

from __future__ import annotations

import asyncio
import time
from fractions import Fraction
from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import (
    CDI_CONFIGS,
    DATA_VOLUMES,
    NAMESPACES,
    PERSISTENT_VOLUME_CLAIMS,
    STORAGE_CLASSES,
    VIRTUAL_MACHINE_INSTANCES,
    VIRTUAL_MACHINES,
    VOLUME_SNAPSHOTS,
)
from dicot.volume import spelling
from dicot.volume.volumes.record import Use, Volume

Json = dict[str, Any]


def gather(cluster: Cluster, claim: Json) -> Volume:
    """Put together what the caches know of a claim (or of a DataVolume that has none yet)."""
    meta = claim["metadata"]
    key = f"{meta['namespace']}/{meta['name']}"
    data_volume = claim if claim.get("kind") == "DataVolume" else data_volume_of(cluster, claim)
    uses = _uses(cluster, key, meta["name"])
    storage_class = _storage_class_name(claim)
    return Volume(
        id=names.identity_of(claim, "volume"),
        claim=claim,
        data_volume=data_volume,
        storage_class=cluster.cache(STORAGE_CLASSES).get(storage_class) if storage_class else None,
        uses=uses,
        snapshots=tuple(cluster.cache(VOLUME_SNAPSHOTS).find("claim", key)),
        size_gib=spelling.size_gib(claim, data_volume, overhead(cluster, storage_class)),
        uploads=tuple(cluster.cache(DATA_VOLUMES).find("upload", key)),
    )


def _storage_class_name(claim: Json) -> str:
    spec = claim["spec"]
    return str(spec.get("storageClassName") or (spec.get("storage") or {}).get("storageClassName") or "")


def data_volume_of(cluster: Cluster, claim: Json) -> Json | None:
    """Return the DataVolume that a claim belongs to."""
    reference = spelling.owner(claim)
    if reference.get("kind") != "DataVolume":
        return None
    return cluster.cache(DATA_VOLUMES).get(reference["name"], claim["metadata"]["namespace"])


def overhead(cluster: Cluster, storage_class: str) -> Fraction:
    """Return the share that CDI adds to a file system claim of this storage class."""
    config = cluster.cache(CDI_CONFIGS).get("config") or {}
    shares = (config.get("status") or {}).get("filesystemOverhead") or {}
    text = (shares.get("storageClass") or {}).get(storage_class) or shares.get("global")
    return Fraction(text) if text else spelling.DEFAULT_OVERHEAD


def _uses(cluster: Cluster, key: str, claim_name: str) -> tuple[Use, ...]:
    machines = cluster.cache(VIRTUAL_MACHINES)
    running = cluster.cache(VIRTUAL_MACHINE_INSTANCES)
    uses: dict[str, Use] = {}
    for vm in machines.find("claim", key):
        meta = vm["metadata"]
        name = spelling.claim_names(spelling.vm_volumes(vm))[claim_name]
        uses[meta["name"]] = Use(
            names.identity_of(vm, "server"), name, vm, running.get(meta["name"], meta["namespace"])
        )
    for vmi in running.find("claim", key):
        meta = vmi["metadata"]
        vm = machines.get(meta["name"], meta["namespace"])
        if meta["name"] not in uses and vm is not None:
            uses[meta["name"]] = Use(names.identity_of(vm, "server"), _name_in(vmi, claim_name), None, vmi)
    return tuple(uses.values())


def _name_in(vmi: Json, claim_name: str) -> str:
    for one in spelling.volume_statuses(vmi):
        if one.get("persistentVolumeClaimInfo", {}).get("claimName") == claim_name:
            return str(one["name"])
    return spelling.claim_names(vmi["spec"].get("volumes") or ()).get(claim_name, claim_name)


def all_in(cluster: Cluster, namespace: str | None) -> list[Volume]:
    """Return every volume of a project, or (None) of all projects."""
    return [gather(cluster, claim) for claim in _claims(cluster, namespace)]


def _claims(cluster: Cluster, namespace: str | None) -> list[Json]:
    claims, plans = cluster.cache(PERSISTENT_VOLUME_CLAIMS), cluster.cache(DATA_VOLUMES)
    if namespace is None:
        found, planned = claims.all(), plans.all()
    else:
        found, planned = claims.find("namespace", namespace), plans.find("namespace", namespace)
    known = [one for one in found if _visible(cluster, one)]
    early = [one for one in planned if tuple(spelling.labelled_id(one)) and _is_early(cluster, one)]
    return [*known, *early]


def _visible(cluster: Cluster, claim: Json) -> bool:
    if not spelling.is_volume(claim, data_volume_of(cluster, claim)):
        return False
    namespace = cluster.cache(NAMESPACES).get(claim["metadata"]["namespace"])
    return namespace is not None and names.is_project(namespace)


def _is_early(cluster: Cluster, data_volume: Json) -> bool:
    """Tell whether a DataVolume that Dicot made is a volume whose claim CDI has yet to make."""
    meta = data_volume["metadata"]
    claim = cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(meta["name"], meta["namespace"])
    return claim is None and _visible(cluster, data_volume)


async def find(cluster: Cluster, caller: Caller, volume_id: str) -> Json:
    """Return the claim that is this volume, or its DataVolume while CDI has not made the claim; 404 in Cinder's words.

    A miss asks Kubernetes once by label, so that what another replica made a moment ago is found.
    """
    found = _cached(cluster, caller, volume_id)
    if found is None and 0 < len(volume_id) <= 63 and volume_id.replace("-", "").isalnum() and volume_id.isascii():
        for kind in (PERSISTENT_VOLUME_CLAIMS, DATA_VOLUMES):
            await cluster.ask(caller, kind, f"{names.id_label('volume')}={volume_id}")
        found = _cached(cluster, caller, volume_id)
    if found is None:
        raise NotFound(f"Volume {volume_id} could not be found.")
    return found


def _cached(cluster: Cluster, caller: Caller, volume_id: str) -> Json | None:
    """Find in the caches. Ids are labels, which anyone may copy: one's own object wins, then the oldest."""
    claims = cluster.cache(PERSISTENT_VOLUME_CLAIMS).find("volume", volume_id)
    plans = [one for one in cluster.cache(DATA_VOLUMES).find("volume", volume_id) if _is_early(cluster, one)]
    own = [one for one in (*claims, *plans) if one["metadata"]["namespace"] == caller.namespace]
    seen = own or (claims + plans if caller.cloud_admin else [])
    visible = [one for one in seen if _visible(cluster, one)]
    return min(visible, key=lambda one: str(one["metadata"].get("creationTimestamp", "")), default=None)


async def seek(cluster: Cluster, caller: Caller, volume_id: str) -> Volume:
    """Return a volume with everything known of it; 404 in Cinder's words."""
    return gather(cluster, await find(cluster, caller, volume_id))


SETTLE_S = 2.0
"""How long a write waits for CDI to make the claim; after that it goes to the DataVolume alone."""
_TICK_S = 0.02


async def settled(cluster: Cluster, caller: Caller, volume_id: str) -> Json:
    """Return the object that a change must be written to: the claim, waited for a little while it is not there yet."""
    deadline = time.monotonic() + SETTLE_S
    found = await find(cluster, caller, volume_id)
    while found["kind"] == "DataVolume" and time.monotonic() < deadline:
        await asyncio.sleep(_TICK_S)
        found = await find(cluster, caller, volume_id)
    return found
