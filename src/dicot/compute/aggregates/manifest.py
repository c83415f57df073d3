"""OpenStack -> Kubernetes for aggregates: the object, and what being in one means for a node. Pure."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.compute.kinds import AGGREGATES
from dicot.compute.servers.manifest import ZONE_LABEL

Json = dict[str, Any]

NOUN = "aggregate"
NUMBER = "dicot.io/aggregate-number"
"""Label: the number that Nova's API knows an aggregate by."""
ZONE = "availability_zone"
"""Key of the metadata that says which zone the hosts are in."""
ZONE_GIVEN = "compute.dicot.io/zone-given"
"""Annotation of a node whose zone label comes from an aggregate."""
_MEMBER = "aggregate.dicot.io/"
_DIGITS = 8
_ID_BITS = 31


def object_name(name: str) -> str:
    """Name the object of an aggregate by its display name, so that no two can be made of one name."""
    return f"{names.slug(name)}-{names.derived_hex(NOUN, name)[:_DIGITS]}"


def number(aggregate_id: str) -> int:
    """Make a number out of a UUID, never 0."""
    return int(aggregate_id.replace("-", "")[:_DIGITS], 16) % (2**_ID_BITS - 1) + 1


def aggregate(aggregate_id: str, object_name: str, name: str, zone: str | None) -> Json:
    """Describe the Aggregate that this is."""
    metadata = {ZONE: zone} if zone else {}
    return {
        "apiVersion": AGGREGATES.api_version,
        "kind": AGGREGATES.kind,
        "metadata": {
            "name": object_name,
            "labels": {
                names.id_label(NOUN): aggregate_id,
                NUMBER: str(number(aggregate_id)),
                **names.MANAGED_BY,
            },
        },
        "spec": {"name": name, "metadata": metadata},
    }


def changed(name: str | None, metadata: Json) -> Json:
    """Change the name, and the keys of the metadata that are given: null takes one away."""
    spec: Json = {"metadata": metadata} if metadata else {}
    if name is not None:
        spec["name"] = name
    return {"spec": spec}


def member_label(aggregate: Json) -> str:
    """Name the label of the nodes in an aggregate."""
    return _MEMBER + aggregate["metadata"]["name"]


def joined(aggregate: Json, zone: str | None) -> Json:
    """Put a node into an aggregate; `zone` is the one that it gets thereby, None if it has one or gets none."""
    labels, notes = _zone(zone) if zone is not None else ({}, {})
    return _patch({member_label(aggregate): "", **labels}, notes)


def left(aggregate: Json, *, with_zone: bool) -> Json:
    """Take a node out of an aggregate, with the zone that it had by that."""
    labels, notes = _zone(None) if with_zone else ({}, {})
    return _patch({member_label(aggregate): None, **labels}, notes)


def moved(zone: str) -> Json:
    """Give a node the zone that its aggregate has now."""
    return _patch(*_zone(zone))


def _zone(zone: str | None) -> tuple[Json, Json]:
    return {ZONE_LABEL: zone}, {ZONE_GIVEN: None if zone is None else "true"}


def _patch(labels: Json, notes: Json) -> Json:
    return {"metadata": {"labels": labels, **({"annotations": notes} if notes else {})}}
