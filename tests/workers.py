"""What is counted over a whole run where worker processes share its tests: each hands its part to the controller.

A worker that ends without a word has taken its part along, and a test may be lost on the way: both fail the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import pytest

GIVEN = "counted"
LONG = ("tests/recordings", "tests/scenarios")
"""What takes longest, so that no process is left with it at the end: longest first."""


class Part(NamedTuple):
    """Gives plain data out of one process, and takes that of another."""

    give: Callable[[], Any]
    take: Callable[[Any], None]


def is_worker(config: pytest.Config) -> bool:
    """Tell whether this process runs a share of the tests, of which the controller knows the whole."""
    return hasattr(config, "workerinput")


def starts_early(node_id: str) -> int:
    """Sort tests by this: what is long first, the rest as it was."""
    return next((place for place, path in enumerate(LONG) if node_id.startswith(path)), len(LONG))


class Workers:
    """A plugin: in a worker it gives the parts, in the controller it takes them; alone it does nothing."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self._parts = parts
        self._silent: set[str] = set()
        self._collected: set[str] = set()
        self._ran: set[str] = set()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        self._silent.add(node.gateway.id)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: Sequence[str]) -> None:
        self._collected.update(ids)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._ran.add(report.nodeid)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        given = getattr(node, "workeroutput", {}).get(GIVEN)
        if given is None:
            return
        self._silent.discard(node.gateway.id)
        for name, part in given.items():
            self._parts[name].take(part)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if is_worker(session.config):
            given = {name: part.give() for name, part in self._parts.items()}
            session.config.workeroutput[GIVEN] = given  # type: ignore[attr-defined] - xdist's
        elif session.exitstatus == pytest.ExitCode.OK and self._wrong():
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in self._wrong():
            terminalreporter.write_line(line, red=True)

    def _wrong(self) -> list[str]:
        silent = [f"worker {name} ended without what it had counted" for name in sorted(self._silent)]
        return silent + [f"no report of {name}" for name in sorted(self._collected - self._ran)]
