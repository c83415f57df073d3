"""Prunes what nobody needs any more: revocations of tokens and trusts that have ended, what gone projects and
domains left."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Any

from dicot.cluster import Cluster
from dicot.identity import grants, namespaces
from dicot.identity.kinds import APPLICATION_CREDENTIALS, DOMAINS, REVOKED_TOKENS, TRUSTS
from dicot.identity.times import parse, stamp
from dicot.kube import errors as kube
from dicot.kube.kinds import CLUSTER_ROLE_BINDINGS, Kind
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
        *(_delete(cluster, CLUSTER_ROLE_BINDINGS, one) for one in _without_place(cluster)),
    )


_OF_PROJECTS = (APPLICATION_CREDENTIALS, TRUSTS)


def _is_orphan(cluster: Cluster, obj: Json) -> bool:
    project_id = obj["spec"].get("projectId")
    return not _is_young(obj) and bool(project_id) and namespaces.find(cluster, project_id) is None


def _is_young(obj: Json) -> bool:
    return parse(obj["metadata"]["creationTimestamp"]) > time.time() - GRACE_S


def _without_place(cluster: Cluster) -> list[Json]:
    """Return the bindings of roles on, or below, domains and projects that were deleted behind Dicot's back."""
    return [one for one in cluster.cache(CLUSTER_ROLE_BINDINGS).all() if _has_lost_its_place(cluster, one)]


def _has_lost_its_place(cluster: Cluster, binding: Json) -> bool:
    on_domain, below = grants.domain_role_of(binding), grants.below_project(binding)
    if _is_young(binding) or not (on_domain or below):
        return False
    if on_domain:
        there = on_domain[0] == namespaces.DEFAULT_DOMAIN or cluster.cache(DOMAINS).find("id", on_domain[0])
        return not there
    return below is not None and namespaces.find(cluster, below[0]) is None


async def _delete(cluster: Cluster, kind: Kind, obj: Json) -> None:
    meta = obj["metadata"]
    with contextlib.suppress(kube.NotFound, kube.Conflict):
        await cluster.client.delete(kind, meta["name"], uid=meta["uid"])


FOLLOW_UP = FollowUp("identity", prune, EVERY_S)
