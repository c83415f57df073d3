"""Run what the interoperability guideline requires, and write interop/results.json: `make interop` (`KUBE=1`)."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from tests.tempest import required
from tests.tempest.__main__ import run

Json = dict[str, Any]

RESULTS = required.LIST.parent / "results.json"
CONCURRENCY = 2


def main() -> int:
    """Return 1 if a required test does not pass."""
    parser = argparse.ArgumentParser(prog="make interop ARGS=...", description=__doc__)
    parser.add_argument("--kube", action="store_true", help="stand on a real kube-apiserver")
    parser.add_argument(
        "--capability", default="", help="only the capabilities whose names begin so; writes no results"
    )
    parser.add_argument("--keep", type=Path, help="keep configuration, logs and outcomes in this folder")
    arguments = parser.parse_args()
    wanted = [one for one in required.read() if one.capability.startswith(arguments.capability)]
    if not wanted:
        parser.error(f"no capability begins with {arguments.capability}")
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        outcomes = run(folder, [f"id-{one.id}" for one in wanted], parts=CONCURRENCY, on_kube=arguments.kube)
    judged = required.judge(wanted, outcomes)
    if not arguments.capability:
        _write(judged, round(time.monotonic() - began), on_kube=arguments.kube)
    return _report(judged)


def _write(judged: list[Json], seconds: int, *, on_kube: bool) -> None:
    """Keep the newest run on each kind of cluster."""
    results = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    counts = Counter(one["outcome"] for one in judged)
    results["kube-apiserver" if on_kube else "development cluster"] = {
        "guideline": "2020.06",
        "concurrency": CONCURRENCY,
        "seconds": seconds,
        **{outcome: counts[outcome] for outcome in (required.PASSED, required.FAILED, required.APART)},
        "tests": [{key: one[key] for key in ("capability", "id", "test", "outcome", "runs")} for one in judged],
    }
    RESULTS.write_text(json.dumps(results, indent=1) + "\n")


def _report(judged: list[Json]) -> int:
    """Print what failed, the table, and the counts."""
    by_outcome = {outcome: [one for one in judged if one["outcome"] == outcome] for outcome in ("failed", "apart")}
    for one in by_outcome[required.FAILED]:
        print(f"\nFAILED {one['id']} {one['test']}", *one["reasons"], sep="\n")
    print("", *required.table(judged), sep="\n")
    for one in by_outcome[required.APART]:
        print(f"needs a guest to log in to: {one['test']}")
    failed, apart = len(by_outcome[required.FAILED]), len(by_outcome[required.APART])
    print(f"{len(judged) - failed - apart} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
