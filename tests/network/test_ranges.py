"""Gateways, pools and addresses: arithmetic that no server is needed for."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dicot.api.errors import ApiError
from dicot.network import ranges


@pytest.mark.parametrize(
    ("cidr", "gateway", "pools"),
    [
        ("10.7.0.0/24", "10.7.0.1", [("10.7.0.2", "10.7.0.254")]),
        ("10.7.0.0/24", "10.7.0.100", [("10.7.0.1", "10.7.0.99"), ("10.7.0.101", "10.7.0.254")]),
        ("10.7.0.0/24", None, [("10.7.0.1", "10.7.0.254")]),
        ("10.7.0.0/30", "10.7.0.1", [("10.7.0.2", "10.7.0.2")]),
        ("10.7.0.0/31", "10.7.0.0", [("10.7.0.1", "10.7.0.1")]),
        ("fd00:7::/64", "fd00:7::", [("fd00:7::1", "fd00:7::ffff:ffff:ffff:ffff")]),
    ],
)
def test_default_pools(cidr: str, gateway: str | None, pools: list[tuple[str, str]]) -> None:
    assert ranges.default_pools(cidr, gateway) == [{"start": start, "end": end} for start, end in pools]


def test_default_gateway() -> None:
    assert ranges.default_gateway("10.7.0.0/24") == "10.7.0.1"
    assert ranges.default_gateway("fd00:7::/64") == "fd00:7::"


@pytest.mark.parametrize(
    ("pools", "kind"),
    [
        ([("10.7.0.9", "10.7.0.5")], "InvalidAllocationPool"),
        ([("10.7.0.9", "fd00::1")], "InvalidAllocationPool"),
        ([("10.7.0.9", "10.7.1.5")], "OutOfBoundsAllocationPool"),
        ([("10.7.0.5", "10.7.0.9"), ("10.7.0.9", "10.7.0.20")], "OverlappingAllocationPools"),
        ([("10.7.0.1", "10.7.0.9")], "GatewayConflictWithAllocationPools"),
    ],
)
def test_wrong_pools(pools: list[tuple[str, str]], kind: str) -> None:
    given_pools = [{"start": start, "end": end} for start, end in pools]
    with pytest.raises(ApiError) as caught:
        ranges.check_pools(given_pools, "10.7.0.0/24", "10.7.0.1")
    assert caught.value.kind == kind


def test_eui64() -> None:
    # As Neutron recorded it.
    assert ranges.eui64("fd00:7::/64", "fa:16:3e:d7:83:c8") == "fd00:7::f816:3eff:fed7:83c8"


CIDRS = st.tuples(st.integers(0, 2**32 - 1), st.integers(16, 30)).map(
    lambda pair: str(ipaddress.ip_network((pair[0], pair[1]), strict=False))
)


@given(CIDRS, CIDRS)
def test_overlap_agrees_with_the_library(one: str, other: str) -> None:
    assert ranges.overlap(one, other) == ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other))


@given(st.lists(st.integers(1, 254), max_size=6, unique=True))
def test_pools_and_exclusions_cover_a_subnet(edges: list[int]) -> None:
    ends = sorted(edges)[: len(edges) // 2 * 2]
    pools = [
        {"start": f"10.7.0.{low}", "end": f"10.7.0.{high}"} for low, high in zip(ends[::2], ends[1::2], strict=True)
    ]
    excluded = {
        number
        for text in ranges.excluded("10.7.0.0/24", pools)
        for low, _, high in [text.partition("..")]
        for number in range(int(low.rsplit(".", 1)[1]), int((high or low).rsplit(".", 1)[1]) + 1)
    }
    pooled = {int(one.rsplit(".", 1)[1]) for one in ranges.free(pools, frozenset())}
    assert excluded | pooled == set(range(1, 255))
    assert not excluded & pooled
    assert ranges.size(pools) == len(pooled)
