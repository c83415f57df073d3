"""The log of usage audits: one for each host in the last whole month. Nobody audits here: every host is missing.

What servers have used is told by `os-simple-tenant-usage`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dicot.api import policy
from dicot.api.errors import BadRequest
from dicot.api.microversion import Change, History
from dicot.api.request import Request, Response
from dicot.api.route import Handler, Route
from dicot.cluster import Cluster
from dicot.compute import nodes
from dicot.compute import parameters as p

Json = dict[str, Any]


async def index(_: Request, cluster: Cluster) -> Response:
    """Show the log of the last month that is over."""
    return Response({"instance_usage_audit_logs": _log(cluster, datetime.now(UTC).replace(tzinfo=None))})


async def show(request: Request, cluster: Cluster) -> Response:
    """Show the log of the last month that was over at a time."""
    text = request.params["before"]
    try:
        before = datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f" if "." in text else "%Y-%m-%d %H:%M:%S")
        log = _log(cluster, before)
    except ValueError as error:
        raise BadRequest(f"Invalid timestamp for date {text}") from error
    return Response({"instance_usage_audit_log": log})


def period(before: datetime) -> tuple[datetime, datetime]:
    """Return the last whole month before a time, as Nova does (nova/utils.py, last_completed_audit_period)."""
    end = datetime(before.year, before.month, 1, tzinfo=before.tzinfo)
    if end >= before:
        end = _month_before(end)
    return _month_before(end), end


def _month_before(first: datetime) -> datetime:
    year, month = divmod(first.year * 12 + first.month - 2, 12)
    return first.replace(year=year, month=month + 1)


def _log(cluster: Cluster, before: datetime) -> Json:
    begin, end = period(before)
    hosts = [node["metadata"]["name"] for node in nodes.hosts(cluster)]
    done = f"0 of {len(hosts)}" if hosts else "ALL"
    return {
        "period_beginning": str(begin),
        "period_ending": str(end),
        "num_hosts": len(hosts),
        "num_hosts_done": 0,
        "num_hosts_running": 0,
        "num_hosts_not_run": len(hosts),
        "hosts_not_run": hosts,
        "total_instances": 0,
        "total_errors": 0,
        "overall_status": f"{done} hosts done. 0 errors.",
        "log": {},
    }


HISTORY = History(
    {"index": p.NO_QUERY},
    Change("2.102", "Unknown query keys are refused.", index=p.tolerate),
)


def _route(path: str, handler: Handler, rule: str) -> Route:
    return Route(
        method="GET",
        path=f"/os-instance_usage_audit_log{path}",
        handler=handler,
        policy=f"os_compute_api:os-instance-usage-audit-log:{rule}",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="index",
    )


ROUTES = (_route("", index, "list"), _route("/{before}", show, "show"))
