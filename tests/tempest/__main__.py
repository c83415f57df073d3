"""Start a cloud, run the named tests of tempest against it, and compare the failures with those that are explained."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.tempest import configuration
from tests.tempest.cloud import running
from tests.tempest.explained import FAILURES
from tests.tempest.runner import FAILED, PASSED, SKIPPED

Json = dict[str, Any]

RUN_S = 3600


def main() -> int:
    """Return 1 if a test fails that is not explained, or one passes that is said to fail."""
    parser = argparse.ArgumentParser(prog="make tempest ARGS=...", description=__doc__)
    parser.add_argument("tests", nargs="*", help="packages, modules, classes or tests, such as tempest.api.identity")
    parser.add_argument("--list", type=Path, help="a file that names tests, one a line")
    parser.add_argument("--keep", type=Path, help="keep configuration, logs and outcomes in this folder")
    arguments = parser.parse_args()
    named = [*arguments.tests, *(arguments.list.read_text().split() if arguments.list else ())]
    if not named:
        parser.error("name a test")
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        return report(run(folder, named))


def run(folder: Path, named: list[str], *, parts: int = 1, on_kube: bool = False) -> list[Json]:
    """Run the tests against a fresh cloud, in so many processes at once, and return how each went."""
    with tempfile.TemporaryDirectory() as state, running(Path(state), on_kube=on_kube) as admin:
        configuration.write(folder, admin)
        environment = {**os.environ, "TEMPEST_CONFIG_DIR": str(folder), "TEMPEST_CONFIG": "tempest.conf"}
        files = [folder / f"outcomes-{part}.jsonl" for part in range(parts)]
        # Arguments beyond a few hundred names are too many for some systems.
        (folder / "named.txt").write_text("\n".join(named))
        with contextlib.ExitStack() as stack:
            processes = [
                stack.enter_context(subprocess.Popen(_command(folder, file, part, parts), env=environment))
                for part, file in enumerate(files)
            ]
            codes = _ended(processes)
    if any(codes):
        raise RuntimeError(f"the runners ended with {codes}")
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def _command(folder: Path, outcomes: Path, part: int, parts: int) -> list[str]:
    named = ["--list", str(folder / "named.txt"), "--part", str(part), "--parts", str(parts)]
    return [sys.executable, "-m", "tests.tempest.runner", str(outcomes), *named]


def _ended(processes: list[subprocess.Popen[bytes]]) -> list[int]:
    """Wait for all; none outlives the time that a run may take."""
    until = time.monotonic() + RUN_S
    try:
        return [process.wait(max(0.0, until - time.monotonic())) for process in processes]
    finally:
        for process in processes:
            process.kill()


def report(outcomes: list[Json]) -> int:
    """Print what failed, and the counts."""
    counts = Counter(one["outcome"] for one in outcomes)
    failed = {one["test"]: one["reason"] for one in outcomes if one["outcome"] == FAILED}
    passed = {one["test"] for one in outcomes if one["outcome"] == PASSED}
    for reason, times in Counter(one["reason"] for one in outcomes if one["outcome"] == SKIPPED).items():
        print(f"skipped {times}: {reason.strip()}")
    for test in sorted(failed.keys() & FAILURES.keys()):
        print(f"fails as explained: {test}: {FAILURES[test]}")
    unexplained = sorted(failed.keys() - FAILURES.keys())
    for test in unexplained:
        print(f"\nFAILED {test}\n{failed[test]}")
    mended = sorted(passed & FAILURES.keys())
    for test in mended:
        print(f"passes, though it is said to fail: {test}")
    print(
        f"{counts[PASSED]} passed, {counts[SKIPPED]} skipped, "
        f"{counts[FAILED] - len(unexplained)} fail as explained, {len(unexplained)} fail"
    )
    return 1 if unexplained or mended or not outcomes else 0


if __name__ == "__main__":
    sys.exit(main())
