"""The log of usage audits over HTTP, and the month that it is of."""

from __future__ import annotations

from datetime import datetime

import pytest

from dicot.compute.usage_audit_log import period
from tests.cloud import Cloud, Project
from tests.compute.recorded import message

PATH = "/os-instance_usage_audit_log"


@pytest.mark.parametrize(
    ("before", "begin", "end"),
    [
        ("2026-12-01 00:00:00", "2026-10-01", "2026-11-01"),
        ("2026-12-01 00:00:01", "2026-11-01", "2026-12-01"),
        ("2026-01-15 12:00:00", "2025-12-01", "2026-01-01"),
        ("2026-01-01 00:00:00", "2025-11-01", "2025-12-01"),
        ("2026-02-01 00:00:00", "2025-12-01", "2026-01-01"),
    ],
)
def test_the_last_month_that_is_over(before: str, begin: str, end: str):
    assert period(datetime.fromisoformat(before)) == (datetime.fromisoformat(begin), datetime.fromisoformat(end))


def test_no_host_was_audited(cloud: Cloud):
    hosts = [one["hypervisor_hostname"] for one in cloud.admin.compute.get("/os-hypervisors").json()["hypervisors"]]
    log = cloud.admin.compute_at("2.104").get(f"{PATH}/2026-12-02%2010:00:00").json()["instance_usage_audit_log"]
    assert (log["period_beginning"], log["period_ending"]) == ("2026-11-01 00:00:00", "2026-12-01 00:00:00")
    assert (log["hosts_not_run"], log["num_hosts"], log["log"]) == (hosts, len(hosts), {})
    assert log["overall_status"] == f"0 of {len(hosts)} hosts done. 0 errors."
    assert cloud.admin.compute.get(PATH).json()["instance_usage_audit_logs"].keys() == log.keys()


def test_what_is_refused(cloud: Cloud, project: Project):
    for text in ("yesterday", "2026-12-02", "0001-01-01 00:00:00"):
        odd = cloud.admin.compute.get(f"{PATH}/{text.replace(' ', '%20')}")
        assert (odd.status_code, message(odd)) == (400, f"Invalid timestamp for date {text}")
    assert cloud.admin.compute_at("2.101").get(f"{PATH}?colour=red").status_code == 200
    assert cloud.admin.compute_at("2.102").get(f"{PATH}?colour=red").status_code == 400
    assert project.compute.get(PATH).status_code == 403
