"""Dicot in front of a real kube-apiserver, as a process of its own: `python -m tests.tempest.kube STATE`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from scripts.kube_binaries import find

from dicot import logs, serving
from dicot.development import Development
from tests.real_kube.cluster import KubeCluster
from tests.real_kube.processes import Etcd


async def session(state: Path) -> None:
    """Serve until the process is asked to stop."""
    binaries = find()
    with tempfile.TemporaryDirectory(prefix="etcd-") as folder:
        etcd = Etcd(binaries / "etcd", Path(folder))
        await etcd.start()
        development = Development(state, cluster=KubeCluster(binaries, etcd, "interop"))
        try:
            await development.start()
            await serving.stopped()
        finally:
            await development.stop()
            await etcd.stop()


if __name__ == "__main__":
    logs.configure("warning")
    serving.run(session(Path(sys.argv[1])))
