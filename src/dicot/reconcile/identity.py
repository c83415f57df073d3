"""Prunes what nobody needs any more: revocations of tokens that have ended, credentials of projects that are gone."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from dicot.cluster import Cluster
from dicot.identity import namespaces
from dicot.identity.kinds import APPLICATION_CREDENTIALS, REVOKED_TOKENS
from dicot.identity.times import parse, stamp
from dicot.kube import errors as kube
from dicot.kube.kinds import Kind
from dicot.reconcile.follow_up import FollowUp

Json = dict[str, Any]

EVERY_S = 60.0
GRACE_S = 60.0
"""How long something must have been useless: clocks differ, and caches lag."""


async def prune(cluster: Cluster) -> None:
    """Delete what has been useless for a while."""
    before = stamp(time.time() - GRACE_S)
    ended = [one for one in cluster.cache(REVOKED_TOKENS).all() if one["spec"]["expiresAt"] < before]
    orphans = [one for one in cluster.cache(APPLICATION_CREDENTIALS).all() if _is_orphan(cluster, one)]
    await asyncio.gather(
        *(_delete(cluster, REVOKED_TOKENS, one) for one in ended),
        *(_delete(cluster, APPLICATION_CREDENTIALS, one) for one in orphans),
    )


def _is_orphan(cluster: Cluster, credential: Json) -> bool:
    young = parse(credential["metadata"]["creationTimestamp"]) > time.time() - GRACE_S
    return not young and namespaces.find(cluster, credential["spec"]["projectId"]) is None


async def _delete(cluster: Cluster, kind: Kind, obj: Json) -> None:
    meta = obj["metadata"]
    with contextlib.suppress(kube.NotFound, kube.Conflict):
        await cluster.client.delete(kind, meta["name"], uid=meta["uid"])


FOLLOW_UP = FollowUp("identity", prune, EVERY_S)
