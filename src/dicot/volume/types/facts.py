"""Volume types are StorageClasses: which there are, which is the default, what they can do."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import NotFound
from dicot.cluster import Cluster
from dicot.kube.kinds import STORAGE_CLASSES, STORAGE_PROFILES
from dicot.volume import spelling
from dicot.volume.types.record import VolumeType

Json = dict[str, Any]

DEFAULT_ALIAS = "__DEFAULT__"
"""Cinder's own name for the type that is there when the administrator made none."""

_DEFAULTS = ("storageclass.kubevirt.io/is-default-virt-class", "storageclass.kubernetes.io/is-default-class")
_ZONE_LABELS = frozenset({"topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone"})


def describe(cluster: Cluster, storage_class: Json) -> VolumeType:
    """Put together what the caches know of a StorageClass."""
    name = storage_class["metadata"]["name"]
    profile = (cluster.cache(STORAGE_PROFILES).get(name) or {}).get("status") or {}
    sets = profile.get("claimPropertySets") or []
    return VolumeType(
        id=storage_class["metadata"]["uid"],
        name=name,
        storage_class=storage_class,
        multiattach=spelling.flag(storage_class, spelling.MULTIATTACH) and _shared(sets),
        known=bool(sets),
        zones=_zones(storage_class),
        snapshot_class=profile.get("snapshotClass") or "",
        expandable=bool(storage_class.get("allowVolumeExpansion")),
        description=names.annotations_of(storage_class).get(names.DESCRIPTION),
    )


def _shared(sets: list[Json]) -> bool:
    """Tell whether CDI makes block devices that all nodes write to: it takes the first of the profile's sets."""
    first = sets[0] if sets else {}
    return first.get("volumeMode") == "Block" and "ReadWriteMany" in (first.get("accessModes") or ())


def _zones(storage_class: Json) -> tuple[str, ...]:
    terms = storage_class.get("allowedTopologies") or ()
    expressions = (one for term in terms for one in term.get("matchLabelExpressions") or ())
    return tuple(zone for one in expressions if one["key"] in _ZONE_LABELS for zone in one["values"])


def every(cluster: Cluster) -> list[VolumeType]:
    """Return all types, by name."""
    classes = sorted(cluster.cache(STORAGE_CLASSES).all(), key=lambda one: str(one["metadata"]["name"]))
    return [describe(cluster, one) for one in classes]


def default_type(cluster: Cluster) -> VolumeType | None:
    """Return the type of volumes that ask for none: the default class for virtual machines, else of the cluster."""
    classes = cluster.cache(STORAGE_CLASSES).all()
    for annotation in _DEFAULTS:
        marked = [one for one in classes if names.annotations_of(one).get(annotation) == "true"]
        if marked:
            return describe(cluster, max(marked, key=lambda one: str(one["metadata"].get("creationTimestamp", ""))))
    return None


def find(cluster: Cluster, name_or_id: str) -> VolumeType:
    """Return a type by id or name; 404 in Cinder's words."""
    cache = cluster.cache(STORAGE_CLASSES)
    found = cache.by_uid(name_or_id) or cache.get(name_or_id)
    if found is not None:
        return describe(cluster, found)
    default = default_type(cluster) if name_or_id == DEFAULT_ALIAS else None
    if default is None:
        raise NotFound(f"Volume type with name {name_or_id} could not be found.")
    return default


def by_id(cluster: Cluster, type_id: str) -> VolumeType:
    """Return a type by id only; 404 in Cinder's words."""
    found = cluster.cache(STORAGE_CLASSES).by_uid(type_id)
    if found is None:
        raise NotFound(f"Volume type {type_id} could not be found.")
    return describe(cluster, found)
