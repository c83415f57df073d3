"""Run the comparison: `python -m tests.conformance [--log FILE]`; without a log, the tests are run to write one."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

NO_COMPUTE = ("tests/devcluster", "tests/kube", "tests/api")
"""Tests that cannot see an answer of compute's."""


def main() -> int:
    """Compare, print counts and differences; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--log", type=Path, help="answers recorded earlier, instead of running the tests now")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = arguments.log or _recorded(Path(folder) / "answers.jsonl")
        return _compare(log)


def _recorded(log: Path) -> Path:
    # Nova brings libraries that the tests do without, and whose own imports warn.
    quiet = ("-W", "ignore:'cgi' is deprecated:DeprecationWarning")
    command = [sys.executable, "-m", "pytest", "-q", *quiet, *(f"--ignore={one}" for one in NO_COMPUTE)]
    done = subprocess.run(command, env={**os.environ, "DICOT_RESPONSE_LOG": str(log)}, check=False)
    if done.returncode:
        print("Some of these tests fail; what they recorded is compared all the same.")
    log.touch()
    return log


def _compare(log: Path) -> int:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # nova's own imports warn
        from tests.conformance import keystone, reference, requests, responses
    identity = keystone.main()
    nova = reference.endpoints()
    asked = requests.compare(nova)
    print(f"Requests: {asked.schemas} schemas of {asked.routes} routes compared at {len(reference.VERSIONS)} versions.")
    print(f"{len(requests.EXPLAINED)} of these routes differ for a reason:")
    _print(f"  {one.method} {one.path} {one.action}: {why}" for one, why in requests.EXPLAINED.items())
    _print(requests.report(asked))
    with log.open() as lines:
        answered = responses.validate(lines, nova)
    print(
        f"Answers: {answered.validated} validated, of {len(answered.endpoints)} routes; "
        f"{answered.without_schema} for which Nova has no schema."
    )
    _print(f"  {one.method} {one.path}: Nova's schema is not used, {why}" for one, why in responses.EXPLAINED.items())
    failures = Counter(answered.failures)
    _print(f"{failure} ({times} times)" for failure, times in sorted(failures.items()))
    wrong = len(asked.differences) + len(asked.unknown) + len(answered.failures) + (not answered.validated) + identity
    print("Everything is equal." if not wrong else "There are differences.")
    return 1 if wrong else 0


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


if __name__ == "__main__":
    sys.exit(main())
