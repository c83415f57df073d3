"""An aggregate as OpenStack shows it, at the newest microversion. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot import names
from dicot.compute.aggregates import manifest

Json = dict[str, Any]


def number(aggregate: Json) -> int:
    """Return the number that Nova's API knows an aggregate by; one made by kubectl need not have it written."""
    return manifest.number(names.identity_of(aggregate, manifest.NOUN))


def metadata(aggregate: Json) -> dict[str, str]:
    """Return the metadata, the zone among it."""
    return aggregate["spec"].get("metadata") or {}


def created(aggregate: Json) -> Json:
    """Show a new aggregate: without hosts and metadata, as Nova does."""
    return {
        "id": number(aggregate),
        "uuid": names.identity_of(aggregate, manifest.NOUN),
        "name": aggregate["spec"]["name"],
        "created_at": _moment(aggregate["metadata"]["creationTimestamp"]),
        "updated_at": _updated(aggregate["metadata"]),
        "deleted_at": None,
        "deleted": False,
        "availability_zone": metadata(aggregate).get(manifest.ZONE),
    }


def aggregate(aggregate: Json, hosts: Iterable[str]) -> Json:
    """Show an aggregate with its hosts."""
    return {**created(aggregate), "hosts": list(hosts), "metadata": metadata(aggregate)}


def _updated(meta: Json) -> str | None:
    newest = max((one["time"] for one in meta.get("managedFields") or () if one.get("time")), default="")
    return _moment(newest) if newest > meta["creationTimestamp"] else None


def _moment(text: str) -> str:
    return text.replace("Z", ".000000")
