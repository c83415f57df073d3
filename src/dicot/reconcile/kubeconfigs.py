"""Keeps Kubernetes credentials of tenants true: a lost role, a new password or the end of their time ends them."""

from __future__ import annotations

import asyncio

from dicot.cluster import Cluster
from dicot.identity import callers
from dicot.identity.kinds import KUBERNETES_CREDENTIALS
from dicot.identity.kubeconfig import credentials
from dicot.reconcile.follow_up import FollowUp

EVERY_S = 30.0
TOGETHER_MOST = 8
"""How many are looked after at a time."""


async def keep(cluster: Cluster) -> None:
    """Look at each credential; Kubernetes is asked only where something has changed."""
    turn = asyncio.Semaphore(TOGETHER_MOST)

    async def one(found: dict[str, object]) -> None:
        async with turn:
            await credentials.keep(cluster, found)

    await asyncio.gather(*(one(found) for found in cluster.cache(KUBERNETES_CREDENTIALS).all()))


FOLLOW_UP = FollowUp("kubeconfigs", keep, EVERY_S, (*callers.KINDS, KUBERNETES_CREDENTIALS))
