"""Who may have a volume: a promise in an annotation of its claim, taken by compare-and-swap.

Kubernetes does not stop two machines from using one claim; this does, on every path that attaches. A promise that a
server never came to use may be taken over after a while.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dicot import names
from dicot.api.errors import BadRequest, Conflict
from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS
from dicot.volume import spelling, times
from dicot.volume.volumes import facts
from dicot.volume.volumes.record import Volume, claimants
from dicot.volume.volumes.status import PROMISE_S, status
from dicot.volume.volumes.view import attachment_id

__all__ = ["attached_to", "attachment_id", "claim", "is_fresh", "now", "release"]

Json = dict[str, Any]


def attached_to(pvc: Json) -> str:
    """Return the server that a claim is promised to (the first, if several), or ""."""
    return next(iter(claimants(pvc)), "")


def now() -> str:
    """Spell this moment as Kubernetes does."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_fresh(pvc: Json, moment: datetime | None = None) -> bool:
    """Tell whether a promise is so young that its server may still come."""
    meta = pvc["metadata"]
    text = names.annotations_of(pvc).get(spelling.ATTACHED_AT) or meta.get("creationTimestamp", "")
    try:
        taken = times.moment(text)
    except ValueError:
        return False
    return ((moment or datetime.now(UTC)) - taken).total_seconds() < PROMISE_S


async def claim(cluster: Cluster, caller: Caller, pvc: Json, server_id: str) -> Json:
    """Promise a volume to a server; return the claim as it is then.

    BadRequest, in Cinder's words, if its status does not allow it; Conflict if others keep changing it. Promising it
    to the server that has it already changes nothing.
    """
    for _ in range(RETRIES):
        volume = facts.gather(cluster, pvc)
        users = tuple(use.server_id for use in volume.uses)
        if server_id in claimants(pvc) and (server_id in users or is_fresh(pvc)):
            return pvc
        _require_free(volume, users, server_id)
        patch = _promise(pvc, (*(one for one in users if one != server_id), server_id), now())
        try:
            return await cluster.patch(caller, PERSISTENT_VOLUME_CLAIMS, volume.name, patch, volume.namespace)
        except kube.Conflict:
            pvc = await cluster.reread(caller, PERSISTENT_VOLUME_CLAIMS, pvc)
    raise Conflict(f"Volume {names.identity_of(pvc, 'volume')} is being changed by others.")


def _require_free(volume: Volume, users: tuple[str, ...], server_id: str) -> None:
    early = volume.claim.get("kind") == "DataVolume"
    state = "creating" if early else status(volume, fresh_promise=is_fresh(volume.claim))
    shared = state == "in-use" and (volume.multiattach or users == (server_id,))
    if state not in {"available", "downloading"} and not shared:
        raise BadRequest(
            "Invalid volume: Volume status must be available or downloading to reserve, but the current status is "
            f"{state}."
        )


def _promise(pvc: Json, servers: tuple[str, ...], at: str | None) -> Json:
    kept = ",".join(servers) or None
    return {
        "metadata": {
            "resourceVersion": pvc["metadata"]["resourceVersion"],
            "annotations": {spelling.ATTACHED_TO: kept, spelling.ATTACHED_AT: at if kept else None},
        }
    }


async def release(cluster: Cluster, caller: Caller, pvc: Json, server_id: str) -> None:
    """Take a promise back; a volume that is gone, or promised to others, is left as it is."""
    for _ in range(RETRIES):
        servers = claimants(pvc)
        if server_id not in servers or pvc.get("kind") == "DataVolume":
            return
        meta = pvc["metadata"]
        left = tuple(one for one in servers if one != server_id)
        patch = _promise(pvc, left, names.annotations_of(pvc).get(spelling.ATTACHED_AT))
        try:
            await cluster.patch(caller, PERSISTENT_VOLUME_CLAIMS, meta["name"], patch, meta["namespace"])
            return
        except kube.NotFound:
            return
        except kube.Conflict:
            pvc = await cluster.reread(caller, PERSISTENT_VOLUME_CLAIMS, pvc)
    raise Conflict(f"Volume {names.identity_of(pvc, 'volume')} is being changed by others.")
