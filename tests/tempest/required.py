"""What the interoperability guideline requires (interop/required.tsv), and what a run says of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

Json = dict[str, Any]

LIST = Path(__file__).resolve().parents[2] / "interop" / "required.tsv"

IN_GUEST = ("test_host_name_is_same_as_server_name", "test_verify_created_server_vcpus")
"""Tests that log in to a guest over SSH: the development cluster's machines run no guests."""

FAILED, PASSED, APART = "failed", "passed", "apart"


class Required(NamedTuple):
    """A test of the guideline; the id stays the same when tempest renames the test."""

    capability: str
    id: str
    test: str


def read(path: Path = LIST) -> list[Required]:
    """Read the list, without its comments and its heading."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    return [Required(*line.split("\t")) for line in lines[1:]]


def judge(required: Iterable[Required], outcomes: Iterable[Json]) -> list[Json]:
    """Say of each id how it went: it passed if it ran, and every test that bears it passed.

    A test that was skipped, or that never ran, has failed; only those in the guest are told apart.
    """
    by_id: dict[str, list[Json]] = defaultdict(list)
    for outcome in outcomes:
        by_id[outcome["id"]].append(outcome)
    unprepared = {_class(one["test"]): one for one in outcomes if one["test"].startswith("setUpClass ")}
    return [_judged(one, by_id.get(one.id) or _prepared(one, unprepared)) for one in required]


def _class(preparation: str) -> str:
    return preparation.partition("(")[2].rstrip(")")


def _prepared(one: Required, unprepared: dict[str, Json]) -> list[Json]:
    found = unprepared.get(one.test.rpartition(".")[0])
    return [found] if found else []


def _judged(one: Required, runs: list[Json]) -> Json:
    bad = [run for run in runs if run["outcome"] != PASSED]
    if one.test.rpartition(".")[2] in IN_GUEST and all(run["outcome"] == "skipped" for run in runs):
        outcome = APART
    else:
        outcome = PASSED if runs and not bad else FAILED
    reasons = [f"{run['outcome']}: {run['reason'].strip()}" for run in bad] if runs else ["did not run"]
    return {**one._asdict(), "outcome": outcome, "runs": len(runs), "reasons": reasons}


def table(judged: Iterable[Json]) -> list[str]:
    """Return a line for each capability: how many ids passed, failed, and are told apart."""
    counts: dict[str, dict[str, int]] = {}
    for one in judged:
        counts.setdefault(one["capability"], dict.fromkeys((PASSED, FAILED, APART), 0))[one["outcome"]] += 1
    heading = f"{'capability':40}{PASSED:>8}{FAILED:>8}{APART:>8}"
    return [heading, *(f"{name:40}" + "".join(f"{n:8}" for n in row.values()) for name, row in counts.items())]
