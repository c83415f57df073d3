"""Usage as OpenStack shows it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

Json = dict[str, Any]

_FORM = "%Y-%m-%dT%H:%M:%S.%f"
_HOUR_S = 3600.0


class Period(msgspec.Struct, frozen=True):
    """What is asked about, and when now is."""

    start: datetime
    stop: datetime
    now: datetime


def started(server: Json) -> datetime | None:
    """Return since when a server counts; None for one that was never launched."""
    if server["OS-EXT-STS:vm_state"] == "building":
        return None
    text = server["OS-SRV-USG:launched_at"] or server["created"]
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def server_usage(server: Json, period: Period) -> Json | None:
    """Tell what a server has used in a period; None if it did not run in it."""
    begin = started(server)
    if begin is None or begin > period.stop:
        return None
    flavor = server["flavor"]
    return {
        "hours": (period.stop - max(begin, period.start)).total_seconds() / _HOUR_S,
        "flavor": flavor["original_name"],
        "instance_id": server["id"],
        "name": server["name"],
        "tenant_id": server["tenant_id"],
        "memory_mb": flavor["ram"],
        "local_gb": flavor["disk"] + flavor["ephemeral"],
        "vcpus": flavor["vcpus"],
        "started_at": _spelt(begin),
        "ended_at": None,
        "state": server["OS-EXT-STS:vm_state"],
        "uptime": max(0, int((period.now - begin).total_seconds())),
    }


def tenant_usages(usages: Iterable[Json], period: Period, *, detailed: bool) -> list[Json]:
    """Add up what servers have used, by project."""
    found: dict[str, Json] = {}
    for usage in usages:
        total = found.setdefault(usage["tenant_id"], _nothing(usage["tenant_id"], period, detailed=detailed))
        for name in ("local_gb", "vcpus", "memory_mb"):
            total[f"total_{name}_usage"] += usage[name] * usage["hours"]
        total["total_hours"] += usage["hours"]
        if detailed:
            total["server_usages"].append(usage)
    return list(found.values())


def _nothing(project: str, period: Period, *, detailed: bool) -> Json:
    servers: Json = {"server_usages": []} if detailed else {}
    return {
        "tenant_id": project,
        **servers,
        "total_local_gb_usage": 0.0,
        "total_vcpus_usage": 0.0,
        "total_memory_mb_usage": 0.0,
        "total_hours": 0.0,
        "start": _spelt(period.start),
        "stop": _spelt(period.stop),
    }


def _spelt(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime(_FORM)
