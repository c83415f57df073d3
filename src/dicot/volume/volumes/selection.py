"""Which volumes a list shows, and in what order it may be asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import eq, ge, gt, le, lt, ne
from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest
from dicot.api.request import Request
from dicot.volume import flags, listing, spelling, times
from dicot.volume.volumes import view
from dicot.volume.volumes.record import Volume

Json = dict[str, Any]

CONFIGURED = frozenset(
    {
        *("name", "status", "metadata", "bootable", "migration_status", "availability_zone", "group_id", "size"),
        *("created_at", "updated_at", "consumes_quota", "glance_metadata"),
    }
)


class Row(msgspec.Struct, frozen=True):
    """A volume with its status and project, which filters and sorting need too."""

    volume: Volume
    status: str
    project_id: str


def _facts(row: Row) -> dict[str, str]:
    return names.annotations_of(row.volume.claim)


SORTABLE: Mapping[str, Callable[[Row], Any]] = {
    "id": lambda row: row.volume.id,
    "name": lambda row: view.name(row.volume),
    "display_name": lambda row: view.name(row.volume),
    "created_at": lambda row: times.created(row.volume.claim),
    "updated_at": lambda row: times.updated(row.volume.claim),
    "size": lambda row: row.volume.size_gib,
    "status": lambda row: row.status,
    "availability_zone": lambda row: _facts(row).get(spelling.ZONE, view.DEFAULT_ZONE),
    "bootable": lambda row: spelling.flag(row.volume.claim, spelling.BOOTABLE),
    "user_id": lambda row: _facts(row).get(spelling.USER, ""),
    "project_id": lambda row: row.project_id,
    "volume_type_id": lambda row: view.type_name(row.volume),
    "attach_status": lambda row: bool(row.volume.uses),
    "host": lambda row: view.host(row.volume.storage_class),
}

_TEXTS: Mapping[str, Callable[[Row], Any]] = {
    **{key: SORTABLE[key] for key in ("id", "name", "display_name", "status", "availability_zone", "user_id")},
    "project_id": lambda row: row.project_id,
    "host": lambda row: view.host(row.volume.storage_class),
    "size": lambda row: str(row.volume.size_gib),
    "volume_type": lambda row: view.type_name(row.volume),
    "volume_type_id": lambda row: (row.volume.storage_class or {"metadata": {"uid": ""}})["metadata"]["uid"],
    "migration_status": lambda _: None,
    "group_id": lambda _: None,
    "snapshot_id": lambda row: _facts(row).get(spelling.SNAPSHOT),
    "source_volid": lambda row: _facts(row).get(spelling.SOURCE_VOLUME),
}


def matching(request: Request, rows: list[Row]) -> list[Row]:
    """Return the rows that the query asks for."""
    checks = [_check(request, key, value) for key, value in listing.filters(request, CONFIGURED).items()]
    return [row for row in rows if all(check(row) for check in checks)]


def _check(request: Request, key: str, value: str) -> Callable[[Row], bool]:
    if key == "bootable":
        wanted = _bootable(request, value)
        return lambda row: spelling.flag(row.volume.claim, spelling.BOOTABLE) == wanted
    if key in {"metadata", "glance_metadata"}:
        annotation = spelling.METADATA if key == "metadata" else spelling.IMAGE_METADATA
        asked = listing.pairs(value)
        return lambda row: asked is not None and asked.items() <= spelling.texts(row.volume.claim, annotation).items()
    if key in {"created_at", "updated_at"} and not request.before(flags.TIME_FILTERS):
        return _time_check(key, value)
    if key == "consumes_quota":
        return lambda _: listing.truth(value) is not False
    if key.endswith("~") and key[:-1] in _TEXTS:
        read = _TEXTS[key[:-1]]
        return lambda row: value.lower() in str(read(row) or "").lower()
    if key in _TEXTS:
        text = _TEXTS[key]
        return lambda row: text(row) == value
    # What no volume has, none can match; an administrator may ask for anything.
    return lambda _: key in {"created_at", "updated_at"}


def _bootable(request: Request, value: str) -> bool:
    if request.before(flags.STRICT_BOOTABLE):
        return value.lower() != "false"
    read = listing.truth(value)
    if read is None:
        raise BadRequest(f"Invalid input received: 'bootable = {value}'")
    return read


_OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "gte": ge, "eq": eq, "neq": ne, "lt": lt, "lte": le}


def _time_check(key: str, text: str) -> Callable[[Row], bool]:
    wanted: list[tuple[Callable[[Any, Any], bool], datetime]] = []
    for part in text.split(","):
        operator, _, value = part.partition(":")
        if operator not in _OPERATORS:
            raise BadRequest(f"Invalid {operator} operator")
        try:
            wanted.append((_OPERATORS[operator], times.moment(value)))
        except ValueError as error:
            raise BadRequest(f"Invalid {value} value") from error
    read = SORTABLE[key]
    return lambda row: all(compare(times.moment(read(row)), moment) for compare, moment in wanted)
