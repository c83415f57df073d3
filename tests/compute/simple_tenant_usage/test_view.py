"""What servers use in a period, without a cluster."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dicot.compute.simple_tenant_usage.view import Period, server_usage, tenant_usages

Json = dict[str, Any]

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PERIOD = Period(NOON, NOON + timedelta(hours=2), NOON + timedelta(hours=3))


def server(**changes: Any) -> Json:
    return {
        "id": "one",
        "name": "web",
        "tenant_id": "p",
        "created": "2026-11-22T11:00:00Z",
        "OS-SRV-USG:launched_at": "2026-11-22T11:00:05.000000",
        "OS-EXT-STS:vm_state": "active",
        "flavor": {"original_name": "m1", "ram": 512, "disk": 1, "ephemeral": 2, "vcpus": 4},
        **changes,
    }


@pytest.mark.parametrize(
    ("launched", "hours"),
    [("2026-11-22T11:00:00.000000", 2.0), ("2026-11-22T13:30:00.000000", 0.5), ("2026-11-22T14:00:00.000000", 0.0)],
)
def test_only_the_period_counts(launched: str, hours: float):
    usage = server_usage(server(**{"OS-SRV-USG:launched_at": launched}), PERIOD)
    assert usage is not None
    assert usage["hours"] == hours


def test_not_before_it_runs_nor_after_the_period():
    assert server_usage(server(**{"OS-EXT-STS:vm_state": "building"}), PERIOD) is None
    assert server_usage(server(**{"OS-SRV-USG:launched_at": "2026-11-22T14:00:01.000000"}), PERIOD) is None


def test_a_server_that_has_forgotten_its_launch_counts_since_it_was_made():
    usage = server_usage(server(**{"OS-SRV-USG:launched_at": None}), PERIOD)
    assert usage is not None
    assert usage["started_at"] == "2026-11-22T11:00:00.000000"


def test_sums_by_project():
    usages = [server_usage(server(tenant_id=one), PERIOD) for one in ("p", "p", "q")]
    first, second = tenant_usages([one for one in usages if one], PERIOD, detailed=False)
    assert (first["tenant_id"], second["tenant_id"]) == ("p", "q")
    assert (first["total_hours"], first["total_vcpus_usage"], first["total_memory_mb_usage"]) == (4.0, 16.0, 2048.0)
    assert "server_usages" not in first
