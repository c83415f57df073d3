"""Prunes what nobody needs any more: revocations of tokens and trusts that have ended, what gone projects left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from dicot.cluster import Cluster
from dicot.identity import namespaces
from dicot.identity.kinds import APPLICATION_CREDENTIALS, REVOKED_TOKENS, TRUSTS
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
    orphans = [(kind, one) for kind in _OF_PROJECTS for one in cluster.cache(kind).all() if _is_orphan(cluster, one)]
    over = [one for one in cluster.cache(TRUSTS).all() if (one["spec"].get("expiresAt") or before) < before]
    await asyncio.gather(
        *(_delete(cluster, TRUSTS, one) for one in over),
        *(_delete(cluster, REVOKED_TOKENS, one) for one in ended),
        *(_delete(cluster, kind, one) for kind, one in orphans),
    )


_OF_PROJECTS = (APPLICATION_CREDENTIALS, TRUSTS)


def _is_orphan(cluster: Cluster, obj: Json) -> bool:
    project_id = obj["spec"].get("projectId")
    young = parse(obj["metadata"]["creationTimestamp"]) > time.time() - GRACE_S
    return not young and bool(project_id) and namespaces.find(cluster, project_id) is None


async def _delete(cluster: Cluster, kind: Kind, obj: Json) -> None:
    meta = obj["metadata"]
    with contextlib.suppress(kube.NotFound, kube.Conflict):
        await cluster.client.delete(kind, meta["name"], uid=meta["uid"])


FOLLOW_UP = FollowUp("identity", prune, EVERY_S)
