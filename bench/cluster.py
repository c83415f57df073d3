"""A development cluster in a process of its own, so that Dicot's CPU is Dicot's alone.

`python -m bench.cluster FOLDER` bootstraps Dicot's definitions, writes the kubeconfig of Dicot's ServiceAccount to
FOLDER/kubeconfig and the administrator's to FOLDER/admin, and says `ready`. Objects are kept in FOLDER/cluster.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

from dicot import bootstrap, logs, serving
from dicot.config import Config
from dicot.devcluster.clock import ScaledClock
from dicot.devcluster.server import DevCluster
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.standalone import DICOT_ACCOUNT

PASSWORD = "bench password"


async def run(folder: Path) -> None:
    """Serve until a signal says stop."""
    logs.configure("warning")
    cluster = DevCluster(folder / "cluster", clock=ScaledClock(0.0))
    await cluster.start()
    client = Client.connect(plain(cluster.url, cluster.token("admin")))
    await bootstrap.run(client, Config(), admin_password=PASSWORD, demo=True, demo_password=PASSWORD)
    await client.close()
    (folder / "kubeconfig").write_text(yaml.safe_dump(cluster.kubeconfig(DICOT_ACCOUNT)))
    (folder / "admin").write_text(yaml.safe_dump(cluster.kubeconfig("admin")))
    print("ready", flush=True)
    await serving.stopped()
    await cluster.stop()


if __name__ == "__main__":
    serving.run(run(Path(sys.argv[1])))
