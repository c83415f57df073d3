"""The leader-elected follow-ups, one file each: idempotent, crash-safe, and never needed to answer a request."""

from __future__ import annotations

from dicot.cluster import Cluster


async def run(cluster: Cluster) -> None:
    """Run every follow-up for ever, on the one replica that holds the lease."""
