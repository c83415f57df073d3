"""Where volumes and images live: storage classes, what CDI knows of them, and snapshots."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from dicot import names
from dicot.config import Config
from dicot.doctor.finding import Finding, bad, ok, warn
from dicot.kube import errors as kube
from dicot.kube.client import Client
from dicot.kube.kinds import STORAGE_CLASSES, STORAGE_PROFILES, VOLUME_SNAPSHOT_CLASSES

Json = dict[str, Any]

DEFAULTS = ("storageclass.kubevirt.io/is-default-virt-class", "storageclass.kubernetes.io/is-default-class")


def _default(found: list[Json]) -> Json | None:
    for mark in DEFAULTS:
        for one in found:
            if names.annotations_of(one).get(mark) == "true":
                return one
    return None


async def classes(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Look for a default class, whether its volumes can grow, and what CDI knows of it."""
    found = (await client.list(STORAGE_CLASSES))[0]
    if not found:
        yield bad("there is no StorageClass", "Install a CSI driver: volumes and images have nowhere to be.")
        return
    default = _default(found)
    if default is None:
        listed = ", ".join(sorted(one["metadata"]["name"] for one in found))
        yield bad(f"no StorageClass is the default, of {listed}", f"Annotate one with {DEFAULTS[1]}=true.")
        return
    name = default["metadata"]["name"]
    yield ok(f"default StorageClass {name}")
    if default.get("allowVolumeExpansion"):
        yield ok(f"volumes of {name} can be extended")
    else:
        yield warn(f"volumes of {name} cannot be extended", f"Set allowVolumeExpansion of StorageClass {name}.")
    yield await _profile(client, name)


async def _profile(client: Client, name: str) -> Finding:
    try:
        profile = await client.get(STORAGE_PROFILES, name)
    except kube.NotFound:
        return bad(f"StorageProfile {name} does not exist", "See whether CDI's controller runs: it makes the profiles.")
    if ((profile.get("status") or {}).get("claimPropertySets")) or ():
        return ok(f"CDI knows how to make volumes of {name}")
    advice = f"Dicot falls back to ReadWriteOnce. Set spec.claimPropertySets of StorageProfile {name}."
    return warn(f"CDI does not know how to make volumes of {name}", advice)


async def snapshots(client: Client, _: Config) -> AsyncIterator[Finding]:
    """Look for a class of snapshots that the default class's driver can make."""
    try:
        found = (await client.list(VOLUME_SNAPSHOT_CLASSES))[0]
    except kube.NotFound:
        advice = "Volumes cannot be snapshotted: install the CSI snapshot controller and its definitions."
        yield warn("VolumeSnapshots are not served", advice)
        return
    listed = (await client.list(STORAGE_CLASSES))[0]
    default = _default(listed)
    if default is None:
        return  # which is told above
    fits = [one["metadata"]["name"] for one in found if one["driver"] == default["provisioner"]]
    if fits:
        yield ok(f"VolumeSnapshotClass {', '.join(sorted(fits))} fits StorageClass {default['metadata']['name']}")
    else:
        advice = f"Volumes cannot be snapshotted: make a VolumeSnapshotClass with driver {default['provisioner']}."
        yield warn(f"no VolumeSnapshotClass fits StorageClass {default['metadata']['name']}", advice)
