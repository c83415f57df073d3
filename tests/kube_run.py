"""How a run on a real kube-apiserver chooses its tests, and how it accounts for every one of them."""

from __future__ import annotations

import pytest

from tests.clusters import ON_KUBE
from tests.not_on_kube import LISTED, RUNS
from tests.workers import is_worker

COUNTED = pytest.StashKey[tuple[int, int]]()
RAN = pytest.StashKey[set[str]]()


def reason(node_id: str) -> str | None:
    """Say why a test does not run there; None if it does."""
    name = node_id.partition("[")[0]
    parts = [name.partition("::")[0], name]
    if parts[0] in RUNS:
        return None
    folders = ["/".join(parts[0].split("/")[:depth]) for depth in range(1, parts[0].count("/") + 1)]
    return next((LISTED[key] for key in (*folders, *parts) if key in LISTED), None)


def choose(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is listed; a name in the list that stands for nothing is an error where all tests are chosen."""
    if not ON_KUBE:
        return
    listed = [item for item in items if reason(item.nodeid) is not None]
    if _whole(config):
        for key in LISTED:
            if not any(_stands_for(key, item.nodeid) for item in listed):
                raise pytest.UsageError(f"tests/not_on_kube.py lists {key}, which is no test")
    config.stash[COUNTED] = (len(items), len(listed))
    config.hook.pytest_deselected(items=listed)
    items[:] = [item for item in items if reason(item.nodeid) is None]


def _stands_for(key: str, node_id: str) -> bool:
    return node_id.partition("[")[0] == key or node_id.startswith((f"{key}::", f"{key}/"))


def _whole(config: pytest.Config) -> bool:
    return not config.getoption("keyword") and not config.getoption("lf") and config.args == config.getini("testpaths")


def note(config: pytest.Config, report: pytest.TestReport) -> None:
    """Remember that a test had its turn."""
    if ON_KUBE and report.when == "setup":
        config.stash.setdefault(RAN, set()).add(report.nodeid)


def part(config: pytest.Config) -> tuple[int, int] | None:
    """Return what a worker has counted: all of them collect the same."""
    return config.stash.get(COUNTED, None)


def add(config: pytest.Config, counted: tuple[int, int] | None) -> None:
    """Take what a worker has counted; what ran is known from its reports."""
    if counted is not None:
        config.stash[COUNTED] = (counted[0], counted[1])


def summarize(terminal: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print how many ran and how many are listed: together they are what `make test` runs."""
    if COUNTED not in config.stash:
        return
    collected, listed = config.stash[COUNTED]
    ran = len(config.stash.get(RAN, set()))
    terminal.write_line(
        f"on a real kube-apiserver: {ran} ran, {listed} listed in tests/not_on_kube.py, of {collected} tests"
    )


def check(session: pytest.Session) -> None:
    """Fail a run that lost a test on the way."""
    if is_worker(session.config) or COUNTED not in session.config.stash or session.shouldstop or session.shouldfail:
        return
    collected, listed = session.config.stash[COUNTED]
    ran = len(session.config.stash.get(RAN, set()))
    if ran != collected - listed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
