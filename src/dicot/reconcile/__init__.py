"""The leader-elected follow-ups, one file each: idempotent, crash-safe, and never needed to answer a request."""

from __future__ import annotations

import asyncio

from dicot.cluster import Cluster
from dicot.reconcile import application_credentials, fernet_keys, identity, images, inheritance, kubeconfigs, network
from dicot.reconcile.follow_up import FollowUp, keep_running
from dicot.reconcile.lease import Election

FOLLOW_UPS: tuple[FollowUp, ...] = (
    fernet_keys.FOLLOW_UP,
    identity.FOLLOW_UP,
    inheritance.FOLLOW_UP,
    application_credentials.FOLLOW_UP,
    kubeconfigs.FOLLOW_UP,
    images.FOLLOW_UP,
    *network.FOLLOW_UPS,
)


async def run(cluster: Cluster) -> None:
    """Run every follow-up for ever, on the one replica that holds the lease."""

    async def work() -> None:
        await asyncio.gather(*(keep_running(cluster, follow_up) for follow_up in FOLLOW_UPS))

    await Election(cluster.client, cluster.config.system_namespace).lead(work)
