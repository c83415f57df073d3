"""Which cluster the tests stand on: the development cluster, or a real kube-apiserver (`DICOT_TEST_CLUSTER=kube`)."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.kube_binaries import find

from dicot.devcluster.clock import Clock, ScaledClock
from dicot.devcluster.server import DevCluster
from dicot.development import Development
from tests.real_kube.cluster import KubeCluster
from tests.real_kube.processes import Etcd

CHOSEN = os.environ.get("DICOT_TEST_CLUSTER", "")
ON_KUBE = CHOSEN == "kube"
assert CHOSEN in ("", "kube"), f"DICOT_TEST_CLUSTER={CHOSEN}: it is kube or nothing"


class Clusters:
    """Makes the clusters that tests ask for; on a real Kubernetes all share one etcd, each kube-apiserver a prefix."""

    def __init__(self, run: Callable[..., Any]) -> None:
        """Run what must be awaited by `run`."""
        self._run = run
        self._binaries = find() if ON_KUBE else Path()
        self._folder = Path(tempfile.mkdtemp(prefix="etcd-"))
        self._etcd: Etcd | None = None
        self._made = 0

    def _real(self, clock: Clock, *, furnished: bool) -> KubeCluster:
        if self._etcd is None:
            self._etcd = Etcd(self._binaries / "etcd", self._folder)
            self._run(self._etcd.start())
        self._made += 1
        return KubeCluster(self._binaries, self._etcd, f"cluster{self._made}", clock=clock, furnished=furnished)

    @contextmanager
    def development(self, folder: Path, **options: Any) -> Iterator[Development]:
        """Dicot and a cluster of its own, whose delays take no time."""
        clock = ScaledClock(0.0)
        cluster = self._real(clock, furnished=True) if ON_KUBE else None
        development = Development(folder, clock=clock, cluster=cluster, **options)
        try:
            self._run(development.start())
            yield development
        finally:
            self._run(development.stop())

    def bare(self) -> DevCluster | KubeCluster:
        """Return an API server without controllers and seed, to start and stop in one event loop."""
        return self._real(ScaledClock(0.0), furnished=False) if ON_KUBE else DevCluster(parts=[])

    def close(self) -> None:
        """Stop what is shared."""
        if self._etcd is not None:
            self._run(self._etcd.stop())
        shutil.rmtree(self._folder, ignore_errors=True)
