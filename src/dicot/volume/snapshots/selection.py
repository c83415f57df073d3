"""Which snapshots a list shows, and in what order it may be asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from dicot import names
from dicot.api.request import Request
from dicot.volume import flags, listing, spelling, times
from dicot.volume.snapshots.record import Snapshot
from dicot.volume.snapshots.status import status

CONFIGURED = frozenset({"name", "status", "volume_id", "metadata", "availability_zone", "consumes_quota"})


class Row(msgspec.Struct, frozen=True):
    """A snapshot with its project."""

    snapshot: Snapshot
    project_id: str


SORTABLE: Mapping[str, Callable[[Row], Any]] = {
    "id": lambda row: row.snapshot.id,
    "name": lambda row: names.given_name(row.snapshot.snapshot, "snapshot"),
    "display_name": lambda row: names.given_name(row.snapshot.snapshot, "snapshot"),
    "created_at": lambda row: times.created(row.snapshot.snapshot),
    "updated_at": lambda row: times.updated(row.snapshot.snapshot),
    "status": lambda row: status(row.snapshot.snapshot),
    "volume_id": lambda row: row.snapshot.volume_id,
    "volume_size": lambda row: row.snapshot.size_gib,
    "size": lambda row: row.snapshot.size_gib,
    "project_id": lambda row: row.project_id,
    "user_id": lambda row: names.annotations_of(row.snapshot.snapshot).get(spelling.USER, ""),
}


def sortable(request: Request) -> Mapping[str, Callable[[Row], Any]]:
    """Return by what a list may be sorted: the name, so called, is new."""
    too_new = {"name"} if request.before(flags.SNAPSHOT_SORT_NAME) else frozenset[str]()
    return {key: read for key, read in SORTABLE.items() if key not in too_new}


def matching(request: Request, rows: list[Row]) -> list[Row]:
    """Return the rows that the query asks for."""
    checks = [_check(request, key, value) for key, value in listing.filters(request, CONFIGURED).items()]
    return [row for row in rows if all(check(row) for check in checks)]


def _check(request: Request, key: str, value: str) -> Callable[[Row], bool]:
    if key == "metadata":
        asked: dict[str, str] | None = {} if request.before(flags.SNAPSHOT_METADATA_FILTER) else listing.pairs(value)
        return lambda row: (
            asked is not None and asked.items() <= spelling.texts(row.snapshot.snapshot, spelling.METADATA).items()
        )
    if key == "consumes_quota":
        return lambda _: listing.truth(value) is not False
    if key == "availability_zone":
        return lambda row: row.snapshot.zone == value
    if key.endswith("~") and key[:-1] in SORTABLE:
        read = SORTABLE[key[:-1]]
        return lambda row: value.lower() in str(read(row) or "").lower()
    text = SORTABLE.get(key)
    return lambda row: text is not None and str(text(row)) == value
