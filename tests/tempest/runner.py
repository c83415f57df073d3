"""Runs tempest's tests in this process and tells how each went: `python -m tests.tempest.runner OUTCOMES --list FILE`.

The only module that loads tempest, which reads its configuration when it is imported: TEMPEST_CONFIG_DIR names it.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import re
import time
import unittest
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

FAILED, PASSED, SKIPPED = "failed", "passed", "skipped"


class Outcomes(unittest.TestResult):
    """Writes a JSON line for each test as it ends, so that what was found survives a run that is cut off."""

    def __init__(self, file: IO[str]) -> None:
        super().__init__()
        self._file = file
        self._started = time.monotonic()

    def startTest(self, test: Any) -> None:
        super().startTest(test)
        self._started = time.monotonic()

    def addSuccess(self, test: Any, details: Any = None) -> None:
        self._write(test, PASSED, "")

    def addSkip(self, test: Any, reason: str = "", details: Any = None) -> None:
        self._write(test, SKIPPED, reason or _text(details))

    def addError(self, test: Any, err: Any = None, details: Any = None) -> None:
        self._write(test, FAILED, _text(details) or self._exc_info_to_string(err, test))

    def addFailure(self, test: Any, err: Any = None, details: Any = None) -> None:
        self.addError(test, err, details)

    def _write(self, test: Any, outcome: str, reason: str) -> None:
        seconds = round(time.monotonic() - self._started, 2)
        line = {
            "id": uuid(test.id()),
            "test": name(test.id()),
            "outcome": outcome,
            "seconds": seconds,
            "reason": reason,
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        print(f"{outcome:8} {line['test']} ({seconds} s)", flush=True)


def _text(details: Any) -> str:
    if not details:
        return ""
    texts = [content.as_text() for key, content in sorted(details.items()) if key.startswith(("traceback", "reason"))]
    return "\n".join(texts)


def name(test_id: str) -> str:
    """Leave out the attributes that tempest adds to a test's name, such as its UUID."""
    return test_id.partition("[")[0]


def uuid(test_id: str) -> str:
    """Return the id by which the guideline knows a test; empty if it has none."""
    found = re.search(r"\[.*\bid-([0-9a-f-]{36})", test_id)
    return found[1] if found else ""


def flat(tests: Iterable[Any]) -> Iterator[unittest.TestCase]:
    """Yield the tests of nested suites."""
    for one in tests:
        if isinstance(one, unittest.TestSuite):
            yield from flat(one)
        else:
            yield one


def find(named: list[str]) -> dict[str, unittest.TestCase]:
    """Find what is named: packages, modules, classes, tests, or `id-...` for all tests that bear the id."""
    ids = {one.removeprefix("id-") for one in named if one.startswith("id-")}
    found = {test.id(): test for one in named if not one.startswith("id-") for test in load(one)}
    if ids:
        found |= {test.id(): test for test in load("tempest.api") if uuid(test.id()) in ids}
    return found


def share(tests: Iterable[str], part: int, parts: int) -> list[str]:
    """Return one of so many parts of the tests, of about the same length; a class is never divided."""
    classes: dict[str, list[str]] = defaultdict(list)
    for test in sorted(tests):
        classes[name(test).rpartition(".")[0]].append(test)
    shares: list[list[str]] = [[] for _ in range(parts)]
    for members in sorted(classes.values(), key=len, reverse=True):
        min(shares, key=len).extend(members)
    return sorted(shares[part])


def load(wanted: str) -> Iterator[unittest.TestCase]:
    """Find the tests of a package, module, class or of one name."""
    parts = wanted.split(".")
    loader = unittest.TestLoader()
    while parts and not _exists(".".join(parts)):
        parts.pop()
    if not parts:
        raise SystemExit(f"{wanted} is no test")
    module = ".".join(parts)
    spec = importlib.util.find_spec(module)
    if spec is not None and spec.submodule_search_locations:
        start = spec.submodule_search_locations[0]
        top = Path(start).parents[len(parts) - 1]
        found = loader.discover(start, top_level_dir=str(top))
    else:
        found = loader.loadTestsFromName(module)
    return (test for test in flat(found) if f"{name(test.id())}.".startswith(f"{wanted}."))


def _exists(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def rule_everything() -> None:
    """Give each administrator that tempest makes the role over the whole cloud, and not in one project only.

    Keystone's default policies take `admin` in any project for an administrator of the cloud; Dicot does not, since
    Kubernetes does not (docs/identity.md). Tempest has no setting for such a cloud.
    """
    from tempest.lib.common.cred_client import V3CredsClient

    from tempest import config

    in_project = V3CredsClient.assign_user_role

    def assign(client: Any, user: Any, project: Any, role: str) -> None:
        in_project(client, user, project, role)
        if role == config.CONF.identity.admin_role:
            client.assign_user_role_on_system(user, role)

    V3CredsClient.assign_user_role = assign


def main() -> None:
    """Run what is named, class by class, and write the outcomes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("outcomes", type=Path)
    parser.add_argument("--list", type=Path, required=True, help="names of tests, one a line")
    parser.add_argument("--part", type=int, default=0, help="which part of them to run, from 0")
    parser.add_argument("--parts", type=int, default=1)
    arguments = parser.parse_args()
    rule_everything()
    found = find(arguments.list.read_text().split())
    suite = unittest.TestSuite(found[one] for one in share(found, arguments.part, arguments.parts))
    with arguments.outcomes.open("w") as file:
        suite.run(Outcomes(file))


if __name__ == "__main__":
    main()
