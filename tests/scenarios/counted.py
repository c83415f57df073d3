"""How many requests the tests of isolation have made in a run, for its last lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

COUNTED: Counter[str] = Counter()
"""Requests by "test, service", routes and those that were not asked among them."""


def count(what: str, service: str, asked: int, left_out: int) -> None:
    """Note what one test has asked of one service."""
    COUNTED[f"{what}, {service}"] += asked
    COUNTED[what] += asked
    COUNTED[f"{what}, not asked"] += left_out


def summary() -> Iterator[str]:
    """Return a line for each test that ran."""
    for what in sorted(one for one in COUNTED if "," not in one):
        services = ", ".join(
            f"{key.partition(', ')[2]} {number}"
            for key, number in sorted(COUNTED.items())
            if key.startswith(f"{what}, ") and not key.endswith(", not asked")
        )
        left_out = COUNTED[f"{what}, not asked"]
        yield f"isolation, {what}: {COUNTED[what]} requests ({services}); {left_out} not asked, each for a reason"
