"""Keeps the bindings of narrowed application credentials true: they follow the roles of the user, up and down."""

from __future__ import annotations

from dicot.cluster import Cluster
from dicot.identity import callers
from dicot.identity.application_credentials import bindings
from dicot.identity.kinds import APPLICATION_CREDENTIALS
from dicot.reconcile.follow_up import FollowUp

EVERY_S = 60.0


async def keep(cluster: Cluster) -> None:
    """Look at each credential; Kubernetes is asked only where something has changed."""
    for one in cluster.cache(APPLICATION_CREDENTIALS).all():
        await bindings.keep(cluster, one)


FOLLOW_UP = FollowUp("application_credentials", keep, EVERY_S, callers.KINDS)
