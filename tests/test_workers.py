"""What workers count is merged, each once; what gets lost on the way fails the run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.workers import LONG, starts_early

ROOT = Path(__file__).parent.parent

CONFTEST = """
import os
from collections import Counter
import pytest
from tests.workers import Part, Workers

COUNTED = Counter()

def pytest_configure(config):
    parts = {"tests": Part(lambda: dict(COUNTED), COUNTED.update)}
    config.pluginmanager.register(Workers(parts), "workers")

def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"counted {COUNTED.total()} in {len(COUNTED)} files")

@pytest.fixture(autouse=True)
def counted(request):
    COUNTED[request.path.name] += 1
"""

LOSE_A_TEST = """
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item, nextitem):
    return True if item.name == "test_one" and item.path.name == "test_a.py" else None
"""

LOSE_A_WORKER = """
def pytest_sessionfinish(session):
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0":
        os._exit(0)
"""


def run(folder: Path, more: str, *arguments: str) -> tuple[int, str]:
    """Run two files of two tests each; the exit status and the output are the result."""
    folder.joinpath("conftest.py").write_text(CONFTEST + more)
    for name in ("test_a.py", "test_b.py"):
        folder.joinpath(name).write_text("def test_one():\n    pass\n\n\ndef test_two():\n    pass\n")
    command = [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "no:cacheprovider", "-c", os.devnull]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "DICOT_"))}
    done = subprocess.run(
        [*command, "--rootdir", str(folder), *arguments, str(folder)],
        env={**environment, "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("arguments", [(), ("-n", "2", "--dist", "loadfile")], ids=["alone", "two workers"])
def test_all_is_counted_once(tmp_path: Path, arguments: tuple[str, ...]):
    status, output = run(tmp_path, "", *arguments)
    assert "counted 4 in 2 files" in output, output
    assert status == pytest.ExitCode.OK


def test_a_lost_test_fails_the_run(tmp_path: Path):
    status, output = run(tmp_path, LOSE_A_TEST, "-n", "2", "--dist", "loadfile")
    assert "no report of test_a.py::test_one" in output, output
    assert "3 passed" in output
    assert status == pytest.ExitCode.TESTS_FAILED


def test_a_worker_that_hands_over_nothing_fails_the_run(tmp_path: Path):
    status, output = run(tmp_path, LOSE_A_WORKER, "-n", "2", "--dist", "loadfile")
    assert "worker gw0 ended without what it had counted" in output, output
    assert "4 passed" in output
    assert status == pytest.ExitCode.TESTS_FAILED


def test_what_is_long_starts_early():
    names = ["tests/api/test_edge.py::test_a", f"{LONG[1]}::test_b", f"{LONG[0]}::test_c", "tests/api/test_edge.py::b"]
    assert sorted(names, key=starts_early) == [names[2], names[1], names[0], names[3]]


def test_what_is_long_is_there():
    assert all((ROOT / path).exists() for path in LONG)
