"""A development cluster in a folder: its own state, and the kubeconfigs of those who use it. Knows nothing of Dicot.

`dicot devcluster` runs it by itself, for any number of Dicot processes in front of it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import yaml

from dicot.devcluster.server import DevCluster

Json = dict[str, Any]

DICOT_ACCOUNT = "system:serviceaccount:dicot-system:dicot"
CLUSTER, KUBECONFIG, DICOT_KUBECONFIG = "cluster", "kubeconfig", "dicot.kubeconfig"
"""What the folder holds: the cluster's own state, the administrator's kubeconfig, and that of Dicot's account."""


class Cluster(Protocol):
    """What Dicot's development side asks of a cluster: the development cluster, or a real one in tests."""

    url: str
    https_url: str

    def ca_pem(self) -> str:
        """Return the certificate that clients of `https_url` trust."""
        ...

    def token(self, user: str = ...) -> str:
        """Return the bearer token of a known user."""
        ...

    def kubeconfig(self, user: str = ..., *, https: bool = ...) -> Json:
        """Return a kubeconfig for a known user."""
        ...

    async def start(self) -> None:
        """Start it; returns when it can be used."""
        ...

    async def stop(self) -> None:
        """Stop it."""
        ...


class Standalone:
    """A development cluster by itself."""

    def __init__(self, state: Path, *, port: int = 0, https_port: int = 0) -> None:
        """Keep everything in `state`, as `dicot dev` does; ports of 0 take free ones."""
        self.state = state
        self.cluster = DevCluster(state / CLUSTER, port=port, https_port=https_port)

    async def start(self) -> None:
        """Start the cluster and write both kubeconfigs."""
        await self.cluster.start()
        write_kubeconfigs(self.cluster, self.state)

    async def stop(self) -> None:
        """Stop the cluster."""
        await self.cluster.stop()

    def greeting(self) -> str:
        """Say that it is ready, and how Dicot is put in front of it."""
        return "\n".join(
            [
                f"ready: Kubernetes API at {self.cluster.url} and {self.cluster.https_url}",
                f"  DICOT_KUBECONFIG={self.state / KUBECONFIG} dicot bootstrap",
                f"  DICOT_KUBECONFIG={self.state / DICOT_KUBECONFIG} dicot serve",
                f"  kubectl --kubeconfig {self.state / KUBECONFIG} get virtualmachines -A",
            ]
        )


def write_kubeconfigs(cluster: Cluster, state: Path) -> None:
    """Write what kubectl needs to be the administrator, and what Dicot needs to be its ServiceAccount."""
    write_private(state / KUBECONFIG, yaml.safe_dump(cluster.kubeconfig("admin", https=True)))
    write_private(state / DICOT_KUBECONFIG, yaml.safe_dump(cluster.kubeconfig(DICOT_ACCOUNT)))


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, for it holds credentials; a kill leaves the old one or the new."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.touch(mode=0o600)
    fresh.chmod(0o600)
    fresh.write_text(text)
    fresh.replace(path)
