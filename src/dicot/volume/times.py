"""Cinder's times: no zone, six digits after the second (clients parse strictly). Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Json = dict[str, Any]


def stamp(text: str | None) -> str | None:
    """Spell a Kubernetes time as Cinder does; None where there is none, or something else in an annotation."""
    try:
        return moment(text).strftime("%Y-%m-%dT%H:%M:%S.%f") if text else None
    except ValueError:
        return None


def created(obj: Json) -> str | None:
    """Tell when an object was created."""
    return stamp(obj["metadata"].get("creationTimestamp"))


def updated(obj: Json) -> str | None:
    """Tell when anyone changed an object last."""
    times = [one["time"] for one in obj["metadata"].get("managedFields") or () if one.get("time")]
    return stamp(max(times, default=obj["metadata"].get("creationTimestamp")))


def moment(text: str) -> datetime:
    """Read what a client wrote (UTC if it does not say); ValueError if it is no time."""
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo else read.replace(tzinfo=UTC)
