"""Where a DataVolume's bytes come from; a DataSource is followed to what it names.

Pure.
"""

from typing import Protocol

import msgspec

from dicot.kube import Json
from dicot.kube.kinds import DATA_SOURCES, PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOTS, Kind

FOLLOW_MOST = 3


class Lookup(Protocol):
    """Where objects are found by name."""

    def get(self, kind: Kind, name: str, namespace: str = "") -> Json | None:
        """Find one object."""
        ...


class Source(msgspec.Struct, frozen=True):
    """A claim ("pvc") or a VolumeSnapshot ("snapshot") to clone."""

    kind: str
    namespace: str
    name: str

    def find(self, world: Lookup) -> Json | None:
        """Find the object itself."""
        kind = PERSISTENT_VOLUME_CLAIMS if self.kind == "pvc" else VOLUME_SNAPSHOTS
        return world.get(kind, self.name, self.namespace)


def resolved(spec: Json, namespace: str, world: Lookup) -> Json | None:
    """Say the DataVolume's source, through its sourceRef if it has one; None while the DataSource names nothing."""
    if "source" in spec:
        return spec["source"]
    reference = spec.get("sourceRef")
    if reference is None:
        return {"blank": {}}
    found = world.get(DATA_SOURCES, reference["name"], reference.get("namespace") or namespace)
    for _ in range(FOLLOW_MOST):
        if found is None:
            return None
        source = (found.get("spec") or {}).get("source") or {}
        if "dataSource" not in source:
            return {k: {"namespace": found["metadata"]["namespace"], **v} for k, v in source.items()} or None
        found = world.get(DATA_SOURCES, source["dataSource"]["name"], source["dataSource"]["namespace"])
    return None


def clone_source(spec: Json, namespace: str, world: Lookup) -> Source | None:
    """Say which claim or snapshot the DataVolume clones; None if it clones nothing (known yet)."""
    source = resolved(spec, namespace, world) or {}
    for kind in ("pvc", "snapshot"):
        if kind in source:
            return Source(kind, source[kind].get("namespace") or namespace, source[kind]["name"])
    return None


def kind_of(spec: Json, namespace: str, world: Lookup) -> str | None:
    """Name the kind of source: blank, http, upload, pvc, snapshot ...; None while it cannot be known."""
    source = resolved(spec, namespace, world)
    return next(iter(source), None) if source else None
