"""Which cluster the tests stand on: the development cluster, or a real kube-apiserver (`DICOT_TEST_CLUSTER=kube`)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from scripts.kube_binaries import find

from dicot.devcluster.clock import Clock, ScaledClock
from dicot.devcluster.server import DevCluster
from dicot.development import Development
from dicot.kube.client import Client
from dicot.kube.credentials import plain
from dicot.kube.errors import AlreadyExists
from dicot.kube.kinds import NAMESPACES
from tests.real_kube.cluster import KubeCluster
from tests.real_kube.processes import Etcd
from tests.real_kube.rewind import Mark

CHOSEN = os.environ.get("DICOT_TEST_CLUSTER", "")
ON_KUBE = CHOSEN == "kube"
assert CHOSEN in ("", "kube"), f"DICOT_TEST_CLUSTER={CHOSEN}: it is kube or nothing"


LAB = "lab"


class Shared(NamedTuple):
    """A cluster that many tests use one after another, how it was before them, and what runs in its event loop."""

    cluster: KubeCluster
    mark: Mark
    run: Callable[..., Any]

    async def rewind(self) -> None:
        """Put everything back to how it was before the test."""
        self.cluster.faults.clear()
        await asyncio.to_thread(self.mark.restore)


async def make_lab(cluster: DevCluster | KubeCluster) -> None:
    """Make the namespace LAB, unless an earlier start has."""
    async with Client.connect(plain(cluster.url, cluster.token())) as client:
        with contextlib.suppress(AlreadyExists):
            await client.create(NAMESPACES, {"metadata": {"name": LAB}, "apiVersion": "v1", "kind": "Namespace"})


class Clusters:
    """Makes the clusters that tests ask for; real ones share an etcd, each kube-apiserver a prefix."""

    def __init__(self, run: Callable[..., Any]) -> None:
        """Run what must be awaited by `run`."""
        self._run = run
        self._binaries = find() if ON_KUBE else Path()
        self._folder = Path(tempfile.mkdtemp(prefix="etcd-"))
        self._etcds: dict[bool, Etcd] = {}
        self._made = 0

    def _real(self, clock: Clock, *, furnished: bool) -> KubeCluster:
        self._made += 1
        etcd = self._etcd(keeps_all=not furnished)
        return KubeCluster(self._binaries, etcd, f"cluster{self._made}", clock=clock, furnished=furnished)

    def _etcd(self, *, keeps_all: bool) -> Etcd:
        """Return what is shared: bare API servers are asked for old revisions, so nothing is compacted there."""
        if keeps_all not in self._etcds:
            folder = self._folder / ("whole" if keeps_all else "compacted")
            folder.mkdir()
            self._etcds[keeps_all] = etcd = Etcd(self._binaries / "etcd", folder)
            self._run(etcd.start())
        return self._etcds[keeps_all]

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

    @contextmanager
    def shared(self) -> Iterator[Shared | None]:
        """A real cluster for many tests, with controllers whose delays take no time, and an empty namespace LAB.

        None on the development cluster: that one starts in less time than it takes to put anything back.
        """
        if not ON_KUBE:
            yield None
            return
        cluster = self._real(ScaledClock(0.0), furnished=True)
        try:
            self._run(cluster.start())
            self._run(make_lab(cluster))
            yield Shared(cluster, cluster.mark(), self._run)
        finally:
            self._run(cluster.stop())

    def bare(self) -> DevCluster | KubeCluster:
        """Return an API server without controllers and seed, to start and stop in one event loop."""
        return self._real(ScaledClock(0.0), furnished=False) if ON_KUBE else DevCluster(parts=[])

    def close(self) -> None:
        """Stop what is shared."""
        for etcd in self._etcds.values():
            self._run(etcd.stop())
        shutil.rmtree(self._folder, ignore_errors=True)
