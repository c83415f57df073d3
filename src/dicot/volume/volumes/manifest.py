"""OpenStack -> Kubernetes for volumes: the CDI DataVolume that makes one. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dicot import names
from dicot.volume import spelling

Json = dict[str, Any]

BLANK: Json = {"source": {"blank": {}}}


def of_image(source_ref: Json) -> Json:
    """Fill a volume from an image, given its `sourceRef`."""
    return {"sourceRef": source_ref}


def of_volume(claim: Json) -> Json:
    """Fill a volume from another one."""
    meta = claim["metadata"]
    return {"source": {"pvc": {"namespace": meta["namespace"], "name": meta["name"]}}}


def of_snapshot(snapshot: Json) -> Json:
    """Fill a volume from a VolumeSnapshot."""
    meta = snapshot["metadata"]
    return {"source": {"snapshot": {"namespace": meta["namespace"], "name": meta["name"]}}}


def object_name(volume_id: str, display: str | None) -> str:
    """Name a volume's objects: what the user called it, and the beginning of its id."""
    return f"{names.slug(display or 'volume')}-{volume_id[:8]}"


def data_volume(
    volume_id: str,
    display: str | None,
    size_gib: int,
    storage_class: str,
    source: Json,
    *,
    namespace: str = "",
    annotations: Mapping[str, str] | None = None,
    access_modes: Sequence[str] = (),
    server_id: str = "",
    claimed_at: str = "",
    owner: Json | None = None,
) -> Json:
    """Describe the DataVolume that is a Cinder volume; CDI copies its labels and annotations to the claim.

    `source`: BLANK, or what of_image, of_volume or of_snapshot return. `annotations`: see spelling. `access_modes`:
    only for storage classes that CDI knows nothing of. `server_id`, `claimed_at`: the server that it is born for, so
    that nobody else can take it meanwhile. `owner`: the ownerReference of what it dies with.
    """
    named = {} if display is None else {names.NAME: display}
    facts = {**named, spelling.SIZE_GIB: str(size_gib), **(annotations or {})}
    if server_id:
        facts |= {spelling.ATTACHED_TO: server_id, spelling.ATTACHED_AT: claimed_at}
    metadata: Json = {
        "name": object_name(volume_id, display),
        "labels": {names.id_label("volume"): volume_id, **names.MANAGED_BY},
        "annotations": facts,
    }
    if namespace:
        metadata["namespace"] = namespace
    if owner is not None:
        metadata["ownerReferences"] = [owner]
    storage: Json = {"resources": {"requests": {"storage": f"{size_gib}Gi"}}}
    if storage_class:
        storage["storageClassName"] = storage_class
    if access_modes:
        storage["accessModes"] = list(access_modes)
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": metadata,
        "spec": {**source, "storage": storage},
    }


def described(
    *,
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    image: Mapping[str, str] | None = None,
    user_id: str = "",
    zone: str = "",
    snapshot_id: str = "",
    source_volume_id: str = "",
    bootable: bool = False,
    multiattach: bool = False,
) -> dict[str, str]:
    """Spell what has no field in Kubernetes as annotations; what is empty is left out."""
    spelt = {
        names.DESCRIPTION: description or "",
        spelling.METADATA: spelling.encoded(metadata) if metadata else "",
        spelling.IMAGE_METADATA: spelling.encoded(image) if image else "",
        spelling.USER: user_id,
        spelling.ZONE: zone,
        spelling.SNAPSHOT: snapshot_id,
        spelling.SOURCE_VOLUME: source_volume_id,
        spelling.BOOTABLE: "true" if bootable else "",
        spelling.MULTIATTACH: "true" if multiattach else "",
    }
    return {key: value for key, value in spelt.items() if value}
