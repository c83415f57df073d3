"""`dicot doctor`: looks at a cluster and says, line by line, what works, and what to do about what does not.

Changes nothing: its one write is a dry run. Every check is a coroutine that yields findings; none stops another.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from dicot.config import Config
from dicot.doctor import ground, machines, rights, storage, wires
from dicot.doctor.finding import Finding, bad
from dicot.kube.client import Client
from dicot.kube.errors import KubeError

Check = Callable[[Client, Config], AsyncIterator[Finding]]

CHECKS: tuple[Check, ...] = (
    ground.kubernetes,
    ground.definitions,
    ground.namespaces,
    machines.kubevirt,
    machines.cdi,
    machines.webhooks,
    storage.classes,
    storage.snapshots,
    wires.network,
    rights.own,
)


async def examine(client: Client, config: Config) -> AsyncIterator[Finding]:
    """Make every check, in order; what a check itself may not do is a finding, too."""
    for check in CHECKS:
        try:
            async for finding in check(client, config):
                yield finding
        except KubeError as error:
            what = check.__name__.replace("_", " ")
            yield bad(f"{what}: {error.message}", "Run `dicot doctor` with an administrator's kubeconfig.")
