"""Requires that Dicot answers as the recorded services did, save for what is listed by name with the reason."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tests.recordings import account
from tests.recordings.differences import Listed, cinder, glance, neutron, nova, placement
from tests.recordings.replay import Outcome

LISTED: dict[str, tuple[Listed, ...]] = {
    "cinder": cinder.LISTED,
    "glance": glance.LISTED,
    "neutron": neutron.LISTED,
    "nova": nova.LISTED,
    "placement": placement.LISTED,
}


def found(outcomes: Iterable[Outcome]) -> list[tuple[str, str]]:
    """Return every difference with the name of its exchange."""
    return [(one.exchange.title, difference) for one in outcomes for difference in one.differences]


@pytest.mark.parametrize("service", sorted(LISTED))
def test_answers_are_as_recorded(service: str, outcomes: list[Outcome]) -> None:
    mine = [one for one in outcomes if one.exchange.service == service]
    equal = sum(not one.differences for one in mine)
    account.COUNTED[service] = f"{len(mine)} compared, {equal} equal, {len(mine) - equal} differ as listed"
    differing = found(mine)
    listed = LISTED[service]
    unlisted = [
        f"{title}: {difference}"
        for title, difference in differing
        if not any(one.covers(title, difference) for one in listed)
    ]
    assert not unlisted, f"{len(unlisted)} differences that are not listed:\n" + "\n".join(unlisted)
    equal_again = [name for one in listed for name in one.unused(differing)]
    assert not equal_again, "listed, but not found any more:\n" + "\n".join(equal_again)


@pytest.mark.parametrize("service", sorted(LISTED))
def test_what_is_listed_was_recorded(service: str, outcomes: list[Outcome]) -> None:
    titles = [one.exchange.title for one in outcomes if one.exchange.service == service]
    assert all(any(one.concerns(title) for title in titles) for one in LISTED[service])
