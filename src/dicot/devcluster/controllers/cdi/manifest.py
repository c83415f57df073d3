"""The claim and the volume that belong to a DataVolume.

Pure.
"""

import math

import msgspec

from dicot.devcluster.controllers.cdi.source import clone_source, kind_of
from dicot.devcluster.controllers.objects import (
    annotations,
    labels,
    name_of,
    namespace_of,
    owner_reference,
    size_bytes,
    uid_of,
)
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import CDI_CONFIGS, DATA_VOLUMES, STORAGE_CLASSES, STORAGE_PROFILES

DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
DEFAULT_VIRT_CLASS = "storageclass.kubevirt.io/is-default-virt-class"
DEFAULT_OVERHEAD = "0.06"
CREATED_FOR = "cdi.kubevirt.io/createdForDataVolume"
POD_PHASE = "cdi.kubevirt.io/storage.pod.phase"
PREPOPULATED = "cdi.kubevirt.io/storage.prePopulated"
POPULATED_FOR = "cdi.kubevirt.io/storage.populatedFor"
IMMEDIATE = "cdi.kubevirt.io/storage.bind.immediate.requested"


class Invalid(Exception):
    """The claim cannot be written: (reason, message) for the DataVolume's conditions."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Shape(msgspec.Struct, frozen=True):
    """What kind of claim a DataVolume gets."""

    storage_class: str
    access_modes: tuple[str, ...]
    volume_mode: str


def default_class(world: World, *, virt: bool = False) -> str:
    """Name the default StorageClass, for virtual machines the one marked so; "" if there is none."""
    for mark in (DEFAULT_VIRT_CLASS, DEFAULT_CLASS) if virt else (DEFAULT_CLASS,):
        for one in world.all(STORAGE_CLASSES):
            if annotations(one).get(mark) == "true":
                return name_of(one)
    return ""


def overhead(storage_class: str, world: World) -> float:
    """Say which part of a Filesystem claim its file system takes."""
    config = world.get(CDI_CONFIGS, "config")
    table = ((config or {}).get("status") or {}).get("filesystemOverhead") or {}
    return float((table.get("storageClass") or {}).get(storage_class) or table.get("global") or DEFAULT_OVERHEAD)


def usable_bytes(claim: Json, world: World) -> int:
    """Say how large a disk the claim can hold."""
    spec = claim["spec"]
    capacity = (claim.get("status") or {}).get("capacity", {}).get("storage")
    size = size_bytes(capacity or spec["resources"]["requests"]["storage"])
    if spec.get("volumeMode") == "Block":
        return size
    return int(size / (1 + overhead(spec.get("storageClassName", ""), world)))


def shape(volume: Json, world: World) -> Shape:
    """Choose class, access modes and volume mode, from the spec and else from the StorageProfile; may raise Invalid."""
    spec = volume["spec"]
    if "pvc" in spec:
        asked = spec["pvc"]
        chosen = asked.get("storageClassName") or default_class(world)
        return Shape(chosen, tuple(asked.get("accessModes") or ()), asked.get("volumeMode") or "Filesystem")
    asked = spec.get("storage") or {}
    chosen = asked.get("storageClassName") or default_class(world, virt=True)
    modes, mode = tuple(asked.get("accessModes") or ()), asked.get("volumeMode")
    profile = world.get(STORAGE_PROFILES, chosen)
    sets = ((profile or {}).get("status") or {}).get("claimPropertySets") or []
    for one in sets:
        if (not mode or one["volumeMode"] == mode) and (not modes or set(modes) <= set(one["accessModes"])):
            return Shape(chosen, modes or tuple(one["accessModes"]), mode or one["volumeMode"])
    if not modes:
        raise Invalid("ErrClaimNotValid", f"no accessMode specified in StorageProfile {chosen}")
    return Shape(chosen, modes, mode or "Filesystem")


def requested(volume: Json, chosen: Shape, world: World) -> str:
    """Compute the claim's size: with the file system's overhead for `storage`, of the source if none is asked for."""
    spec = volume["spec"]
    raw = "pvc" in spec
    text = ((spec.get("pvc") or spec.get("storage") or {}).get("resources") or {}).get("requests", {}).get("storage")
    if text and (raw or chosen.volume_mode == "Block"):
        return str(text)
    size = size_bytes(text) if text else _source_bytes(volume, world)
    if raw or chosen.volume_mode == "Block":
        return str(size)
    return str(math.ceil(size * (1 + overhead(chosen.storage_class, world))))


def _source_bytes(volume: Json, world: World) -> int:
    source = clone_source(volume["spec"], namespace_of(volume), world)
    found = source.find(world) if source is not None else None
    if source is None or found is None:
        return 0
    if source.kind == "snapshot":
        return size_bytes((found.get("status") or {}).get("restoreSize") or "0")
    return usable_bytes(found, world)


def claim(volume: Json, world: World) -> Json:
    """Write the claim of a DataVolume; may raise Invalid."""
    chosen = shape(volume, world)
    kind = kind_of(volume["spec"], namespace_of(volume), world) or ""
    spec: Json = {
        "accessModes": list(chosen.access_modes),
        "resources": {"requests": {"storage": requested(volume, chosen, world)}},
        "volumeMode": chosen.volume_mode,
    }
    if chosen.storage_class:
        spec["storageClassName"] = chosen.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {
            "name": name_of(volume),
            "namespace": namespace_of(volume),
            "labels": {
                **labels(volume),
                "alerts.k8s.io/KubePersistentVolumeFillingUp": "disabled",
                "app": "containerized-data-importer",
                "app.kubernetes.io/component": "storage",
                "app.kubernetes.io/managed-by": "cdi-controller",
            },
            "annotations": {**annotations(volume), **_notes(volume, kind, world)},
            "ownerReferences": [owner_reference(DATA_VOLUMES, volume)],
        },
        "spec": spec,
    }


def _notes(volume: Json, kind: str, world: World) -> dict[str, str]:
    notes = {
        CREATED_FOR: uid_of(volume),
        "cdi.kubevirt.io/storage.contentType": "kubevirt",
        "cdi.kubevirt.io/storage.pod.restarts": "0",
        "cdi.kubevirt.io/storage.preallocation.requested": "false",
        "cdi.kubevirt.io/storage.usePopulator": "false",
    }
    if kind == "blank":
        notes["cdi.kubevirt.io/storage.import.source"] = "none"
    elif kind == "http":
        notes["cdi.kubevirt.io/storage.import.source"] = "http"
        notes["cdi.kubevirt.io/storage.import.endpoint"] = volume["spec"]["source"]["http"]["url"]
    elif kind == "upload":
        notes["cdi.kubevirt.io/storage.upload.target"] = ""
    source = clone_source(volume["spec"], namespace_of(volume), world)
    if source is not None and source.kind == "pvc":
        notes["k8s.io/CloneRequest"] = f"{source.namespace}/{source.name}"
    return notes


def persistent_volume(claim: Json, storage_class: Json) -> Json:
    """Write the volume that a provisioner makes for a claim."""
    spec = claim["spec"]
    name = f"pvc-{uid_of(claim)}"
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": storage_class["provisioner"]}},
        "spec": {
            "accessModes": spec["accessModes"],
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "name": name_of(claim),
                "namespace": namespace_of(claim),
                "uid": uid_of(claim),
            },
            "csi": {"driver": storage_class["provisioner"], "volumeHandle": uid_of(claim)},
            "persistentVolumeReclaimPolicy": storage_class.get("reclaimPolicy", "Delete"),
            "storageClassName": name_of(storage_class),
            "volumeMode": spec.get("volumeMode", "Filesystem"),
        },
    }
