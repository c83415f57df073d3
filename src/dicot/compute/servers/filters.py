"""Which servers a list shows and in which order, decided over their views. Pure.

Filters and sort keys have the names of Nova's database columns; `FIELDS` says where a view has them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dicot.api.errors import BadRequest
from dicot.api.microversion import parse
from dicot.api.pattern import finder
from dicot.compute.parameters import truth
from dicot.compute.servers import schema
from dicot.compute.servers.changes import BEFORE_EMBEDDING

Json = dict[str, Any]
Keep = Callable[[Json], bool]

SINCE: Mapping[str, str] = {
    "reservation_id": "2.1",
    "name": "2.1",
    "status": "2.1",
    "image": "2.1",
    "flavor": "2.1",
    "ip": "2.1",
    "changes-since": "2.1",
    "all_tenants": "2.1",
    "ip6": "2.5",
    **dict.fromkeys(schema.TAG_FILTERS, "2.26"),
    "changes-before": "2.66",
    "locked": "2.73",
    **dict.fromkeys(
        (
            "availability_zone",
            "config_drive",
            "key_name",
            "created_at",
            "launched_at",
            "terminated_at",
            "power_state",
            "task_state",
            "vm_state",
            "progress",
            "user_id",
        ),
        "2.83",
    ),
    "hostname": "2.90",
}
"""Filters that everybody may use, and from which microversion on; the others are ignored but for administrators."""

_EXTENDED = "OS-EXT-SRV-ATTR:"
_KEYS: Mapping[str, str] = {
    "access_ip_v4": "accessIPv4",
    "access_ip_v6": "accessIPv6",
    "auto_disk_config": "OS-DCF:diskConfig",
    "availability_zone": "OS-EXT-AZ:availability_zone",
    "config_drive": "config_drive",
    "created_at": "created",
    "description": "description",
    "display_description": "description",
    "display_name": "name",
    "host": f"{_EXTENDED}host",
    "hostname": f"{_EXTENDED}hostname",
    "instance_type_id": BEFORE_EMBEDDING,
    "kernel_id": f"{_EXTENDED}kernel_id",
    "key_name": "key_name",
    "launch_index": f"{_EXTENDED}launch_index",
    "launched_at": "OS-SRV-USG:launched_at",
    "locked": "locked",
    "name": "name",
    "node": f"{_EXTENDED}hypervisor_hostname",
    "power_state": "OS-EXT-STS:power_state",
    "progress": "progress",
    "project_id": "tenant_id",
    "ramdisk_id": f"{_EXTENDED}ramdisk_id",
    "reservation_id": f"{_EXTENDED}reservation_id",
    "root_device_name": f"{_EXTENDED}root_device_name",
    "task_state": "OS-EXT-STS:task_state",
    "tenant_id": "tenant_id",
    "terminated_at": "OS-SRV-USG:terminated_at",
    "updated_at": "updated",
    "user_id": "user_id",
    "uuid": "id",
    "vm_state": "OS-EXT-STS:vm_state",
}
_EXACT = frozenset({"project_id", "tenant_id", "user_id", "vm_state", "task_state", "uuid", "host"})
_REGEXES = frozenset(_KEYS) - _EXACT - {"locked", "updated_at", "instance_type_id"}


def field(view: Json, name: str) -> Any:
    """Return what a view has in the place of one of Nova's columns."""
    if name == "image_ref":
        return view["image"]["id"] if view["image"] else ""
    if name == "locked_by":
        return "owner" if view["locked"] else None
    return view.get(_KEYS[name])


def wanted(query: Sequence[tuple[str, str]], version: int, *, administrator: bool) -> dict[str, str]:
    """Return the filters that count for this caller; of one given twice, the last."""
    return {
        key: value
        for key, value in query
        if (administrator or (key in SINCE and version >= parse(SINCE[key])))
        and key not in ("limit", "marker", "sort_key", "sort_dir")
    }


def refuse_internal(filters: Mapping[str, str]) -> None:
    """Refuse what names Nova's tables, as Nova does."""
    for name in filters:
        if name in schema.JOINED or name.startswith("_"):
            raise BadRequest(f"Invalid filter field: {name}.")


def predicates(filters: Mapping[str, str], statuses: Sequence[str]) -> list[Keep]:
    """Turn filters into tests of a view; BadRequest if one has no meaning."""
    keep: list[Keep] = []
    if statuses:
        keep.append(_one_of({status.upper() for status in statuses}))
    for name, value in filters.items():
        make = _SPECIAL.get(name)
        if make is not None:
            keep.append(make(value))
        elif name in _EXACT:
            keep.append(_equals(name, value))
        elif name in _REGEXES:
            keep.append(_matches(name, value))
    return keep


def _one_of(statuses: set[str]) -> Keep:
    return lambda view: view["status"] in statuses


def _equals(name: str, value: str) -> Keep:
    return lambda view: str(field(view, name) or "") == value


def _matches(name: str, value: str) -> Keep:
    found = finder(value, ignore_case=True)
    return lambda view: found(str(field(view, name) or ""))


def _address(version: int) -> Callable[[str], Keep]:
    def make(value: str) -> Keep:
        matches = finder(value, at_start=True)

        def keep(view: Json) -> bool:
            found = (one for network in view["addresses"].values() for one in network)
            return any(one["version"] == version and matches(one["addr"]) for one in found)

        return keep

    return make


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _since(value: str) -> Keep:
    start = _moment(value)
    return lambda view: _moment(view["updated"]) >= start


def _before(value: str) -> Keep:
    end = _moment(value)
    return lambda view: _moment(view["updated"]) <= end


def _tags(test: Callable[[set[str], set[str]], bool]) -> Callable[[str], Keep]:
    def make(value: str) -> Keep:
        asked = set(value.split(","))
        return lambda view: test(asked, set(view["tags"]))

    return make


def _locked(value: str) -> Keep:
    if value.lower() not in {"true", "false", "1", "0", "t", "f", "yes", "no", "y", "n", "on", "off"}:
        raise BadRequest(
            f"Invalid value '{value}' for 'locked' filter: Unrecognized value '{value}', acceptable values are: "
            "'0', '1', 'f', 'false', 'n', 'no', 'off', 'on', 't', 'true', 'y', 'yes'"
        )
    asked = value.lower() in {"true", "1", "t", "yes", "y", "on"}
    return lambda view: view["locked"] is asked


def _deleted(value: str) -> Keep:
    """Find nothing among what exists: Kubernetes keeps no trace of what is gone."""
    gone = truth(value)
    return lambda _: not gone


_SPECIAL: Mapping[str, Callable[[str], Keep]] = {
    "image": lambda value: lambda view: field(view, "image_ref") == value,
    "image_ref": lambda value: lambda view: field(view, "image_ref") == value,
    "flavor": lambda value: lambda view: view[BEFORE_EMBEDDING] == value,
    "ip": _address(4),
    "ip6": _address(6),
    "changes-since": _since,
    "changes-before": _before,
    "tags": _tags(lambda asked, had: asked <= had),
    "tags-any": _tags(lambda asked, had: bool(asked & had)),
    "not-tags": _tags(lambda asked, had: not asked <= had),
    "not-tags-any": _tags(lambda asked, had: not asked & had),
    "locked": _locked,
    "deleted": _deleted,
    "soft_deleted": _deleted,
}

STATUSES = frozenset(
    {
        "ACTIVE",
        "BUILD",
        "DELETED",
        "ERROR",
        "HARD_REBOOT",
        "MIGRATING",
        "PASSWORD",
        "PAUSED",
        "REBOOT",
        "REBUILD",
        "RESCUE",
        "RESIZE",
        "REVERT_RESIZE",
        "SHELVED",
        "SHELVED_OFFLOADED",
        "SHUTOFF",
        "SOFT_DELETED",
        "SUSPENDED",
        "VERIFY_RESIZE",
    }
)


def in_order(views: Sequence[Any], keys: Sequence[tuple[str, bool]], view_of: Callable[[Any], Json]) -> list[Any]:
    """Sort by columns, each (name, descending); what has no value comes first, as NULLs do in MySQL."""
    ordered = list(views)
    for name, descending in reversed(keys):
        ordered.sort(key=lambda one, name=name: _rank(field(view_of(one), name)), reverse=descending)
    return ordered


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, bool | int | float):
        return (1, value)
    return (2, str(value))


def sort_keys(names: Sequence[str], directions: Sequence[str], version: int) -> list[tuple[str, bool]]:
    """Pair sort keys with directions as Nova does: the rest go down, and ties go by time and id.

    Keys that were accepted without effect are left out, with their directions.
    """
    ignored = set(schema.IGNORED_SORT_KEYS) - ({"locked"} if version >= parse("2.73") else set())
    for direction in directions:
        if direction not in ("asc", "desc"):
            raise BadRequest("Unknown sort direction, must be 'desc' or 'asc'")
    padded = [*directions, *["desc"] * (len(names) - len(directions))]
    chosen = [pair for pair in zip(names, padded, strict=False) if pair[0] not in ignored]
    last = chosen[0][1] if chosen else (directions[0] if directions else "desc")
    pairs = chosen + [(name, last) for name in ("created_at", "uuid") if name not in {key for key, _ in chosen}]
    return [(name, direction == "desc") for name, direction in pairs]
