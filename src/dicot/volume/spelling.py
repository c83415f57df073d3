"""How a Cinder volume is spelt in Kubernetes: annotations, which claims are volumes, the indexes. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

import msgspec

from dicot import names
from dicot.kube.quantity import number

Json = dict[str, Any]

METADATA = "dicot.io/metadata"
IMAGE_METADATA = "dicot.io/image-metadata"
SIZE_GIB = "dicot.io/size-gib"
USER = "dicot.io/user-id"
ZONE = "dicot.io/availability-zone"
BOOTABLE = "dicot.io/bootable"
READONLY = "dicot.io/readonly"
MULTIATTACH = "dicot.io/multiattach"
"""Annotation of a StorageClass that offers it, and of the volumes made of that: several servers at once."""
SNAPSHOT = "dicot.io/snapshot-id"
SOURCE_VOLUME = "dicot.io/source-volume-id"
TRANSFER = "dicot.io/transfer"
ATTACHED_TO = "dicot.io/attached-to"
"""Annotation of a claim: the server (servers, with commas) that it is promised to."""
ATTACHED_AT = "dicot.io/attached-at"

DEFAULT_OVERHEAD = Fraction(6, 100)
"""What CDI keeps back for a file system where its configuration says nothing."""
_GIB = 1024**3


def owner(obj: Json) -> Json:
    """Return the controller of an object as its ownerReference says; empty if it has none."""
    references = obj["metadata"].get("ownerReferences") or ()
    return next((one for one in references if one.get("controller")), {})


def is_volume(claim: Json, data_volume: Json | None) -> bool:
    """Tell whether a claim is a Cinder volume.

    Not: images, the scratch and prime claims of CDI, KubeVirt's own state, and disks that live and die with one
    virtual machine (its dataVolumeTemplates), which OpenStack calls local disks.
    """
    labels = names.labels_of(claim)
    if names.id_label("image") in labels or "persistent-state-for" in labels:
        return False
    if owner(claim).get("kind") in {"PersistentVolumeClaim", "Pod", "VirtualMachine", "VirtualMachineInstance"}:
        return False
    if claim["metadata"]["name"].startswith(("prime-", "tmp-pvc-")):
        return False
    return data_volume is None or owner(data_volume).get("kind") != "VirtualMachine"


def texts(obj: Json, annotation: str) -> dict[str, str]:
    """Read an annotation that holds keys and values; empty where it is absent or somebody broke it."""
    try:
        return msgspec.json.decode(names.annotations_of(obj).get(annotation, "{}"), type=dict[str, str])
    except msgspec.DecodeError:
        return {}


def encoded(values: Mapping[str, str]) -> str:
    """Spell keys and values as one annotation, in a stable order."""
    return msgspec.json.encode(dict(sorted(values.items()))).decode()


def flag(obj: Json, annotation: str) -> bool:
    """Read an annotation that is yes or no."""
    return names.annotations_of(obj).get(annotation) == "true"


def size_gib(claim: Json, data_volume: Json | None, overhead: Fraction = DEFAULT_OVERHEAD) -> int:
    """Tell the size as its owner asked for it: never less than what the claim itself requests now.

    A file system claim is larger than its disk by CDI's overhead, a block claim is the disk.
    """
    asked = names.whole(names.annotations_of(claim).get(SIZE_GIB, ""))
    known = _requested_gib(data_volume) if asked is None else asked
    spec = claim["spec"]
    if claim.get("kind") == "DataVolume":
        return known or _requested_gib(claim)
    requested = number(spec.get("resources", {}).get("requests", {}).get("storage", 0)) / _GIB
    if spec.get("volumeMode") == "Block":
        return max(known, math.ceil(requested))
    if data_volume is None and not known:
        return max(1, math.floor(requested))
    return max(known, math.floor(requested / (1 + overhead)), 1)


def _requested_gib(data_volume: Json | None) -> int:
    if data_volume is None:
        return 0
    spec = data_volume["spec"]
    wanted = spec.get("storage") or spec.get("pvc") or {}
    return math.ceil(number(wanted.get("resources", {}).get("requests", {}).get("storage", 0)) / _GIB)


def labelled_id(data_volume: Json) -> Iterable[str]:
    """Index a DataVolume by the volume that it will be, where Dicot said so at its creation."""
    known = names.labels_of(data_volume).get(names.id_label("volume"))
    return (known,) if known else ()


def claim_names(volumes: Iterable[Json]) -> dict[str, str]:
    """Map the claims in a virtual machine's `volumes` to the names that they have there."""
    found: dict[str, str] = {}
    for volume in volumes:
        claim = volume.get("persistentVolumeClaim", {}).get("claimName") or volume.get("dataVolume", {}).get("name")
        if claim:
            found[claim] = volume["name"]
    return found


def vm_volumes(vm: Json) -> list[Json]:
    """Return the volumes that a virtual machine's template lists."""
    return vm["spec"].get("template", {}).get("spec", {}).get("volumes") or []


def vm_claims(vm: Json) -> Iterable[str]:
    """Index a virtual machine by the claims in its specification, as namespace/name."""
    namespace = vm["metadata"]["namespace"]
    return [f"{namespace}/{claim}" for claim in claim_names(vm_volumes(vm))]


def vmi_claims(vmi: Json) -> Iterable[str]:
    """Index a running machine by the claims that it still holds, as namespace/name."""
    namespace = vmi["metadata"]["namespace"]
    held = (one.get("persistentVolumeClaimInfo", {}).get("claimName") for one in volume_statuses(vmi))
    return {f"{namespace}/{claim}" for claim in (*claim_names(vmi["spec"].get("volumes") or ()), *held) if claim}


def volume_statuses(vmi: Json) -> list[Json]:
    """Return what a running machine reports of its volumes."""
    return vmi.get("status", {}).get("volumeStatus") or []


def snapshot_claims(snapshot: Json) -> Iterable[str]:
    """Index a VolumeSnapshot by the claim it was taken of, as namespace/name."""
    claim = snapshot["spec"].get("source", {}).get("persistentVolumeClaimName")
    return (f"{snapshot['metadata']['namespace']}/{claim}",) if claim else ()


def uploads(data_volume: Json) -> Iterable[str]:
    """Index an image's DataVolume by the claim it clones, as namespace/name."""
    claim = (data_volume["spec"].get("source") or {}).get("pvc")
    if not claim or names.id_label("image") not in names.labels_of(data_volume):
        return ()
    return (f"{claim.get('namespace') or data_volume['metadata']['namespace']}/{claim['name']}",)
