"""OpenStack -> Kubernetes for images: the DataSource, the DataVolume that fills it, and who may clone it. Pure."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from dicot import names
from dicot.image.images import spelling

Json = dict[str, Any]

_NUMBERS = {"min_disk": spelling.MIN_DISK_GB, "min_ram": spelling.MIN_RAM_MIB}
_FLAGS = {"protected": spelling.PROTECTED, "os_hidden": spelling.HIDDEN}
_TEXTS = {
    "name": names.NAME,
    "visibility": spelling.VISIBILITY,
    "disk_format": spelling.DISK_FORMAT,
    "container_format": spelling.CONTAINER_FORMAT,
}
_LISTS = {"tags": spelling.TAGS, "properties": spelling.PROPERTIES}

IMMEDIATE = "cdi.kubevirt.io/storage.bind.immediate.requested"
"""CDI's annotation: do not wait for a first consumer, which an upload never has."""


def spelt(fields: Json) -> dict[str, str | None]:
    """Spell fields of an image as annotations; None removes one, as a merge patch does. Defaults are not written."""
    found: dict[str, str | None] = {}
    for field, value in fields.items():
        if field in _TEXTS:
            found[_TEXTS[field]] = value
        elif field in _NUMBERS:
            found[_NUMBERS[field]] = str(value) if value else None
        elif field in _FLAGS:
            found[_FLAGS[field]] = "true" if value else None
        else:
            found[_LISTS[field]] = spelling.encoded(value) if value else None
    return found


def data_source(image_id: str, namespace: str, fields: Json, preference: str) -> Json:
    """Make an image without data: it names the claim that an upload will fill."""
    name = names.object_name(fields.get("name") or "image")
    labels = {names.id_label("image"): image_id, **names.MANAGED_BY}
    if preference:
        labels[spelling.PREFERENCE] = preference
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataSource",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": labels,
            "annotations": {key: value for key, value in spelt(fields).items() if value is not None},
        },
        "spec": {"source": {"pvc": {"namespace": namespace, "name": name}}},
    }


def owned_by(source: Json) -> list[Json]:
    """Refer to the DataSource as owner: what the image needs goes when it goes."""
    meta = source["metadata"]
    return [{"apiVersion": "cdi.kubevirt.io/v1beta1", "kind": "DataSource", "name": meta["name"], "uid": meta["uid"]}]


def data_volume(
    source: Json, content: Json, size_bytes: int, access_modes: tuple[str, ...], notes: Mapping[str, str]
) -> Json:
    """Make the DataVolume that holds an image's data.

    `content` is CDI's source; `access_modes` are needed only where CDI does not know what the storage class can do;
    `notes` are further annotations.
    """
    place = source["spec"]["source"]["pvc"]
    storage: Json = {"resources": {"requests": {"storage": quantity(size_bytes)}}}
    if access_modes:
        storage["accessModes"] = list(access_modes)
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {
            "name": place["name"],
            "namespace": source["metadata"]["namespace"],
            "labels": {names.id_label("image"): spelling.identity(source), **names.MANAGED_BY},
            "annotations": {IMMEDIATE: "", **notes},
            "ownerReferences": owned_by(source),
        },
        "spec": {"source": content, "storage": storage},
    }


def snapshot(source: Json, claim: str, snapshot_class: str, labels: Mapping[str, str]) -> Json:
    """Describe the VolumeSnapshot of a claim that holds an image's data, under the name that the image looks for."""
    spec: Json = {"source": {"persistentVolumeClaimName": claim}}
    if snapshot_class:
        spec["volumeSnapshotClassName"] = snapshot_class
    described = _beside(source, source["spec"]["source"]["snapshot"]["name"])
    described["labels"] |= labels
    return {"apiVersion": "snapshot.storage.k8s.io/v1", "kind": "VolumeSnapshot", "metadata": described, "spec": spec}


def quantity(size_bytes: int) -> str:
    """Spell a size for people: whole GiB if it is that, else MiB, rounded up."""
    mebibytes = max(1, -(-size_bytes // 1024**2))
    return f"{mebibytes // 1024}Gi" if mebibytes % 1024 == 0 else f"{mebibytes}Mi"


def readers_role(source: Json, name: str) -> Json:
    """Make the Role that lets others clone an image's data, and nothing else of the namespace."""
    kind, namespace, data = spelling.origin(source)
    own = kind and namespace == source["metadata"]["namespace"]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": _beside(source, name),
        "rules": [
            {
                "apiGroups": ["cdi.kubevirt.io"],
                "resources": ["datasources"],
                "resourceNames": [source["metadata"]["name"]],
                "verbs": ["get"],
            },
            *([_may_clone(data)] if own else ()),
        ],
    }


def _may_clone(claim: str) -> Json:
    return {
        "apiGroups": ["cdi.kubevirt.io"],
        "resources": ["datavolumes/source"],
        "resourceNames": [claim],
        "verbs": ["create"],
    }


def readers_binding(source: Json, name: str, groups: list[str], visibility: str) -> Json:
    """Make the RoleBinding that gives the readers' Role to groups; it also says for which visibility it was made."""
    api_group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{api_group}/v1",
        "kind": "RoleBinding",
        "metadata": {**_beside(source, name), "annotations": {spelling.VISIBILITY: visibility}},
        "roleRef": {"apiGroup": api_group, "kind": "Role", "name": name},
        "subjects": [{"apiGroup": api_group, "kind": "Group", "name": group} for group in groups],
    }


def _beside(source: Json, name: str) -> Json:
    return {
        "name": name,
        "namespace": source["metadata"]["namespace"],
        "labels": {names.id_label("image"): spelling.identity(source), **names.MANAGED_BY},
        "ownerReferences": owned_by(source),
    }


def preference(properties: dict[str, str], known: Container[str]) -> str:
    """Choose the cluster preference for an operating system by `os_distro` and `os_version`; "" if there is none."""
    distro, version = properties.get("os_distro", ""), properties.get("os_version", "")
    if not distro:
        return ""
    major = version.partition(".")[0]
    candidates = (f"{distro}.{version}", f"{distro}.{major}", f"{distro}.stream{major}", distro)
    return next((one for one in candidates if one in known), "")
