from __future__ import annotations

from typing import Any

import pytest

from dicot.api.errors import BadRequest
from dicot.api.microversion import parse
from dicot.compute.servers import filters, manifest, status, view
from tests.compute.servers.samples import IMAGE_ID, beside, plan, running

Json = dict[str, Any]


def server(**changes: Any) -> Json:
    vm, vmi = running(manifest.virtual_machine(plan(**changes)))
    return view.server(vm, vmi, status.of(vm, vmi, 0.0, 120.0), beside())


def kept(**asked: str) -> bool:
    wanted = {key.replace("_since", "-since").replace("_any", "-any"): value for key, value in asked.items()}
    return all(test(server()) for test in filters.predicates(wanted, []))


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "^GS"},
        {"name": "gs"},
        {"image": IMAGE_ID},
        {"flavor": "42"},
        {"ip": "10.7"},
        {"tags": "a"},
        {"tags_any": "a,b"},
        {"locked": "false"},
        {"changes_since": "2026-01-01T00:00:00Z"},
        {"changes_since": "2026-01-01T00:00:00"},
        {"vm_state": "active"},
        {"power_state": "1"},
        {"deleted": "false"},
        {"key_name": "gk"},
    ],
)
def test_found(asked):
    assert kept(**asked)


@pytest.mark.parametrize(
    "asked",
    [
        {"name": "^S"},
        {"image": "other"},
        {"flavor": "4"},
        {"ip": "7.0"},
        {"ip6": "fd00"},
        {"tags": "a,b"},
        {"locked": "true"},
        {"changes_since": "2027-01-01T00:00:00Z"},
        {"deleted": "true"},
        {"host": "node-2"},
    ],
)
def test_not_found(asked):
    assert not kept(**asked)


def test_who_may_filter_by_what():
    query = [("host", "x"), ("vm_state", "active"), ("name", "y"), ("limit", "3")]
    assert filters.wanted(query, parse("2.82"), administrator=False) == {"name": "y"}
    assert filters.wanted(query, parse("2.83"), administrator=False) == {"name": "y", "vm_state": "active"}
    assert set(filters.wanted(query, parse("2.1"), administrator=True)) == {"host", "vm_state", "name"}


@pytest.mark.parametrize("name", ["metadata", "_secret"])
def test_names_of_tables_are_refused(name):
    with pytest.raises(BadRequest, match=f"Invalid filter field: {name}"):
        filters.refuse_internal({name: "x"})


def test_ties_go_by_time_and_id_downwards():
    assert filters.sort_keys([], [], parse("2.1")) == [("created_at", True), ("uuid", True)]
    assert filters.sort_keys(["display_name"], ["asc"], parse("2.1")) == [
        ("display_name", False),
        ("created_at", False),
        ("uuid", False),
    ]


def test_keys_without_effect_lose_their_direction():
    keys = filters.sort_keys(["locked", "display_name"], ["asc", "desc"], parse("2.72"))
    assert keys[0] == ("display_name", True)
    assert filters.sort_keys(["locked"], ["asc"], parse("2.73"))[0] == ("locked", False)


def test_order():
    views = [server(display=name) for name in ("b", "c", "a")]
    ordered = filters.in_order(views, [("display_name", False)], lambda one: one)
    assert [one["name"] for one in ordered] == ["a", "b", "c"]
