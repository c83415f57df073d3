"""What a VirtualMachineRestore makes of a snapshot: the names and manifests of claims, and the machine.

Pure.
"""

import copy
import json
from typing import Any

from dicot.devcluster.apiserver import jsonpatch
from dicot.devcluster.controllers.kubevirt.volumes import template_spec
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
from dicot.kube.kinds import VIRTUAL_MACHINES, VOLUME_SNAPSHOTS

LAST_RESTORE = "restore.kubevirt.io/lastRestoreUID"
RESTORE_NAME = "restore.kubevirt.io/name"
OWNED_BY_MACHINE = "restore.kubevirt.io/owned-by-vm"
DROPPED = (
    "pv.kubernetes.io", "volume.beta.kubernetes.io", "cdi.kubevirt.io", "volume.kubernetes.io",
    "k8s.io/CloneRequest", "k8s.io/CloneOf",
)  # fmt: skip
KEPT = "cdi.kubevirt.io/storage.contentType"


def mark(restore: Json) -> str:
    """Write what a restore leaves in the annotation of everything it has restored."""
    return f"{name_of(restore)}-{uid_of(restore)}"


def done(restore: Json, obj: Json) -> bool:
    """Say whether this restore has restored the object already."""
    return annotations(obj).get(LAST_RESTORE) == mark(restore)


def in_place(restore: Json) -> bool:
    """Say whether volumes keep their names, so that the old ones must go first."""
    return restore["spec"].get("volumeRestorePolicy") == "InPlace"


def _override(restore: Json, volume: str) -> Json:
    listed = restore["spec"].get("volumeRestoreOverrides") or []
    return next((one for one in listed if one.get("volumeName") == volume), {})


def volume_name(restore: Json, volume: str, claim: str) -> str:
    """Name the restored claim (and DataVolume) of one volume."""
    asked = _override(restore, volume).get("restoreName")
    if asked:
        return str(asked)
    if in_place(restore):
        return claim
    if restore["spec"].get("volumeRestorePolicy") == "PrefixTargetName":
        return f"{restore['spec']['target']['name']}-{volume}"
    return f"restore-{uid_of(restore)}-{volume}"


def restores(restore: Json, content: Json) -> list[Json]:
    """List what is restored: volume, claim and VolumeSnapshot; entries that are known stay as they are."""
    known = {one["volumeName"]: one for one in (restore.get("status") or {}).get("restores") or []}
    result = []
    for backup in content["spec"].get("volumeBackups") or []:
        volume = backup["volumeName"]
        new = {
            "persistentVolumeClaim": volume_name(restore, volume, name_of(backup["persistentVolumeClaim"])),
            "volumeName": volume,
            "volumeSnapshotName": backup["volumeSnapshotName"],
        }
        result.append(known.get(volume, new))
    return result


def claim(restore: Json, entry: Json, content: Json, target: Json | None, world: World) -> Json:
    """Write the claim that one volume is restored into."""
    backup = next(one for one in content["spec"]["volumeBackups"] if one["volumeName"] == entry["volumeName"])
    old, vm = backup["persistentVolumeClaim"], content["spec"]["source"]["virtualMachine"]
    more = _override(restore, entry["volumeName"])
    body = plain_claim(entry["persistentVolumeClaim"], backup, content, world)
    metadata = body["metadata"]
    notes = metadata["annotations"]
    notes |= {RESTORE_NAME: name_of(restore), LAST_RESTORE: mark(restore), **(more.get("annotations") or {})}
    metadata["labels"] |= {
        "restore.kubevirt.io/source-vm-name": name_of(vm),
        "restore.kubevirt.io/source-vm-namespace": namespace_of(vm),
        **(more.get("labels") or {}),
    }
    if entry.get("dataVolumeName"):
        notes["cdi.kubevirt.io/storage.populatedFor"] = entry["dataVolumeName"]
    elif restore["spec"].get("volumeOwnershipPolicy") != "None":
        if target is not None:
            metadata["ownerReferences"] = [owner_reference(VIRTUAL_MACHINES, target)]
        elif any(ref["uid"] == uid_of(vm) for ref in old["metadata"].get("ownerReferences") or []):
            notes[OWNED_BY_MACHINE] = name_of(restore)
    return body


def plain_claim(name: str, backup: Json, content: Json, world: World) -> Json:
    """Write a claim that is filled from one VolumeSnapshot of a content."""
    old = backup["persistentVolumeClaim"]
    metadata: Json = {
        "name": name,
        "namespace": namespace_of(content),
        "labels": dict(labels(old)),
        "annotations": {k: v for k, v in annotations(old).items() if k == KEPT or not k.startswith(DROPPED)},
    }
    reference = {"apiGroup": VOLUME_SNAPSHOTS.group, "kind": "VolumeSnapshot", "name": backup["volumeSnapshotName"]}
    keys = ("accessModes", "storageClassName", "volumeMode")
    spec = {key: old["spec"][key] for key in keys if key in old["spec"]}
    spec |= {"resources": _resources(old, backup, content, world)}
    spec |= {"dataSource": reference, "dataSourceRef": reference}
    return {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec}


def _resources(old: Json, backup: Json, content: Json, world: World) -> Json:
    """Ask for what the claim had, or for what the VolumeSnapshot needs if that is more."""
    found = world.get(VOLUME_SNAPSHOTS, backup["volumeSnapshotName"], namespace_of(content)) or {}
    least = (found.get("status") or {}).get("restoreSize")
    resources: Json = old["spec"]["resources"]
    asked = (resources.get("requests") or {}).get("storage", "0")
    if least is None or size_bytes(least) <= size_bytes(asked):
        return resources
    return {**resources, "requests": {**resources.get("requests", {}), "storage": least}}


def templated(vm: Json) -> dict[str, str]:
    """Map the volumes that stand on dataVolumeTemplates to the templates' names."""
    names = {one["metadata"]["name"] for one in vm["spec"].get("dataVolumeTemplates") or []}
    found = (
        (one["name"], (one.get("dataVolume") or {}).get("name", "")) for one in template_spec(vm).get("volumes") or []
    )
    return {volume: name for volume, name in found if name in names}


def machine(restore: Json, content: Json, target: Json | None) -> Json:
    """Write the restored machine: a new one that is off, or the target with its run strategy kept."""
    kept = content["spec"]["source"]["virtualMachine"]
    spec: Json = copy.deepcopy(kept["spec"])
    entries = {one["volumeName"]: one for one in restore["status"].get("restores") or []}
    _put_names(spec, entries, templated(kept))
    if "running" in (target or kept)["spec"]:
        spec.pop("runStrategy", None)
        spec["running"] = False
    else:
        spec.pop("running", None)
        spec["runStrategy"] = "Halted" if target is None else target["spec"]["runStrategy"]
    if target is not None:
        return {**target, "spec": spec}
    metadata: Json = {
        "name": restore["spec"]["target"]["name"],
        "namespace": namespace_of(restore),
        "annotations": {**annotations(kept), LAST_RESTORE: mark(restore)},
    }
    if labels(kept):
        metadata["labels"] = labels(kept)
    new = {"apiVersion": VIRTUAL_MACHINES.api_version, "kind": "VirtualMachine", "metadata": metadata, "spec": spec}
    return patched(new, restore["spec"].get("patches") or [])


def _put_names(spec: Json, entries: dict[str, Json], templates: dict[str, str]) -> None:
    inner: Any = spec["template"]["spec"]
    inner["volumes"] = [_renamed(one, entries.get(one["name"]), templates) for one in inner.get("volumes") or []]
    new = {templates[name]: entry["dataVolumeName"] for name, entry in entries.items() if name in templates}
    for template in spec.get("dataVolumeTemplates") or []:
        name = template["metadata"]["name"]
        template["metadata"]["name"] = new.get(name, name)


def _renamed(volume: Json, entry: Json | None, templates: dict[str, str]) -> Json:
    if entry is None:
        return volume
    if "persistentVolumeClaim" in volume:
        source = {**volume["persistentVolumeClaim"], "claimName": entry["persistentVolumeClaim"]}
        return {**volume, "persistentVolumeClaim": source}
    if volume["name"] in templates:
        return {**volume, "dataVolume": {**volume["dataVolume"], "name": entry["dataVolumeName"]}}
    return {"name": volume["name"], "persistentVolumeClaim": {"claimName": entry["persistentVolumeClaim"]}}


def patched(vm: Json, patches: list[str]) -> Json:
    """Apply a restore's JSON patches; an empty MAC address is none."""
    result: Json = jsonpatch.apply(vm, [json.loads(one) for one in patches])
    for nic in template_spec(result)["domain"].get("devices", {}).get("interfaces") or []:
        if not nic.get("macAddress", True):
            del nic["macAddress"]
    return result
