"""What tests stand on: a development cluster and Dicot in front of it, over real sockets, started once."""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest
from hypothesis import HealthCheck, settings

from dicot import logs
from dicot.devcluster.apiserver import audit
from dicot.devcluster.server import DevCluster
from dicot.development import Development
from tests import kube_run
from tests.cloud import Cloud, Project
from tests.clusters import Clusters, Shared
from tests.devcluster.controllers import account as kubevirt
from tests.real_kube.cluster import KubeCluster
from tests.recordings import account as openstack
from tests.response_log import logged
from tests.rights import Rights
from tests.scenarios import counted as isolation
from tests.workers import Part, Workers, is_worker, starts_early

T = TypeVar("T")

RUN_S = 170.0

logs.configure("warning")
# The machine may be busy: no example is judged by its time.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

RIGHTS = Rights()
audit.LISTENERS.append(RIGHTS.note)


def _is_whole(config: pytest.Config) -> bool:
    """Tell whether this is a run of everything: only then can a right be called unused."""
    chosen = ("keyword", "markexpr", "lf", "failedfirst", "deselect", "ignore", "ignore_glob", "collectonly", "maxfail")
    return config.args == config.getini("testpaths") and not any(config.getoption(one, None) for one in chosen)


def _is_heard(config: pytest.Config) -> bool:
    """Tell whether every request of a whole run was heard of."""
    return _is_whole(config) and bool(RIGHTS.used)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Fail a whole run in which a right of Dicot's own account was not used.

    DICOT_RIGHTS names a file that adds up, DICOT_AUDIT_LOGS audit logs of further API servers, joined as in PATH.
    """
    if is_worker(session.config):
        return
    for log in filter(None, os.environ.get("DICOT_AUDIT_LOGS", "").split(os.pathsep)):
        RIGHTS.read(Path(log))
    if kept := os.environ.get("DICOT_RIGHTS"):
        RIGHTS.keep(Path(kept))
    if exitstatus == pytest.ExitCode.OK and _is_heard(session.config) and RIGHTS.unused():
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was compared with recordings, and name the rights that a whole run has not used."""
    for line in (*kubevirt.summary(), *openstack.summary(), *isolation.summary()):
        terminalreporter.write_line(line)
    unused = RIGHTS.unused() if _is_heard(config) else []
    if unused:
        terminalreporter.section("rights of Dicot's own account that nothing used (deploy/rbac/server.yaml)")
        terminalreporter.write_line("\n".join(unused))


class Loop:
    """An event loop in a thread of its own, for servers that outlive one test."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=RUN_S)

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(timeout=10)
        self.loop.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def clusters(loop: Loop) -> Iterator[Clusters]:
    """Where clusters come from: the development cluster, or a real kube-apiserver."""
    clusters = Clusters(loop.run)
    yield clusters
    clusters.close()


@pytest.fixture(scope="session")
def shared(clusters: Clusters) -> Iterator[Shared | None]:
    """A real cluster with controllers, which each test leaves as it was; None on the development cluster."""
    with clusters.shared() as shared:
        yield shared


@pytest.fixture
async def bare(clusters: Clusters) -> AsyncIterator[DevCluster | KubeCluster]:
    """An API server of one's own, without controllers and seed."""
    bare = clusters.bare()
    await bare.start()
    yield bare
    await bare.stop()


@pytest.fixture(scope="session")
def development(clusters: Clusters, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Development]:
    """Dicot and its cluster, whose delays take no time."""
    log = os.environ.get("DICOT_RESPONSE_LOG")
    around = functools.partial(logged, path=Path(log)) if log else None
    settings = {"failed_logins_per_address": 1000}  # all tests come from one
    folder = tmp_path_factory.mktemp("dicot")
    with clusters.development(folder, settings=settings, around=around) as development:
        yield development


@pytest.fixture(scope="session")
def state(development: Development) -> Path:
    """The folder with clouds.yaml, openrc and kubeconfig."""
    return development.state


@pytest.fixture(scope="session")
def cloud(development: Development) -> Iterator[Cloud]:
    """The cloud as its administrator sees it."""
    cloud = Cloud(
        development.url, development.passwords["admin"], development.cluster.url, development.cluster.token("admin")
    )
    yield cloud
    cloud.close()


@pytest.fixture
def project(cloud: Cloud) -> Iterator[Project]:
    """A fresh project with a member; removed afterwards with everything in it."""
    project = cloud.new_project(f"test-{secrets.token_hex(4)}")
    yield project
    project.remove()


@pytest.fixture
def other_project(cloud: Cloud) -> Iterator[Project]:
    """A second project, for tests of isolation."""
    project = cloud.new_project(f"other-{secrets.token_hex(4)}")
    yield project
    project.remove()


@pytest.fixture
def anonymous(cloud: Cloud) -> Iterator[httpx2.Client]:
    """A client without a token."""
    with httpx2.Client(base_url=cloud.url) as client:
        yield client


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kube_run.choose(config, items)
    if is_worker(config):
        items.sort(key=lambda item: starts_early(item.nodeid))


class _Account:
    """Accounts for every test of a run on a real kube-apiserver."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        kube_run.note(self._config, report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
        kube_run.summarize(terminalreporter, config)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        kube_run.check(session)


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Account(config), "kube-account")
    parts = {
        "rights": Part(RIGHTS.part, RIGHTS.add),
        "kube": Part(lambda: kube_run.part(config), lambda part: kube_run.add(config, part)),
        "kubevirt": Part(lambda: dict(kubevirt.COUNTED), kubevirt.COUNTED.update),
        "openstack": Part(lambda: dict(openstack.COUNTED), openstack.COUNTED.update),
        "isolation": Part(lambda: dict(isolation.COUNTED), isolation.COUNTED.update),
    }
    config.pluginmanager.register(Workers(parts), "workers")
