"""What KubeVirt's webhooks fill in and refuse of snapshots, restores, clones, exports, and of machines held by them."""

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

from dicot.devcluster.controllers.denial import Cause, denied
from dicot.devcluster.controllers.kubevirt.volumes import template_spec
from dicot.kube import Json

SNAPSHOT = "virtualmachinesnapshot-validator.snapshot.kubevirt.io"
RESTORE = "virtualmachinerestore-validator.snapshot.kubevirt.io"
CLONE = "vm-clone-validator.kubevirt.io"
EXPORT = "virtualmachineexport-validator.export.kubevirt.io"
EXPORTED = {
    "PersistentVolumeClaim": ("PVC", "PVC", ""),
    "VirtualMachine": ("VM", "Virtual Machine", "kubevirt.io"),
    "VirtualMachineSnapshot": ("VMSnapshot", "VMSnapshot", "snapshot.kubevirt.io"),
}
_MAC = re.compile(r"^([0-9a-fA-F]{2}[:-]){5}[0-9a-fA-F]{2}$")


def validate_snapshot(review: Any) -> None:
    """Refuse a snapshot of what is no virtual machine, and any change of its spec."""
    if review.operation == "DELETE" or review.subresource:
        return
    causes = _unchanged(review) if review.old is not None else _machine(review.object, "source")
    if causes:
        raise denied(SNAPSHOT, causes)


def _unchanged(review: Any) -> list[Cause]:
    same = review.old.get("spec") == review.object.get("spec")
    return [] if same else [Cause("spec in immutable after creation", "spec")]  # spelt so by KubeVirt


def _machine(obj: Json, field: str) -> list[Cause]:
    named = (obj.get("spec") or {}).get(field) or {}
    if "apiGroup" not in named:
        return [Cause("missing apiGroup", f"spec.{field}.apiGroup", "FieldValueNotFound")]
    if named["apiGroup"] != "kubevirt.io":
        return [Cause("invalid apiGroup", f"spec.{field}.apiGroup")]
    if named.get("kind") != "VirtualMachine":
        return [Cause("invalid kind", f"spec.{field}.kind")]
    return []


def default_restore(review: Any) -> None:
    """Fill in what the schema of a restore defaults."""
    if review.operation == "CREATE":
        review.object.setdefault("spec", {}).setdefault("targetReadinessPolicy", "WaitGracePeriod")


def restore_validator(restores: Callable[[str], list[Json]]) -> Callable[[Any], None]:
    """Make the hook that validates restores; `restores(namespace)` lists those there are."""

    def validate(review: Any) -> None:
        if review.operation == "DELETE" or review.subresource:
            return
        if review.old is not None:
            causes = _unchanged(review)
        else:
            causes = [*_machine(review.object, "target"), *_choices(review.object["spec"])]
            causes += _under_way(review.object, restores(review.namespace))
        if causes:
            raise denied(RESTORE, causes)

    return validate


def _choices(spec: Json) -> list[Cause]:
    causes = []
    for index, one in enumerate(spec.get("volumeRestoreOverrides") or []):
        path = f"spec.volumeRestoreOverrides[{index}]"
        if not one.get("volumeName"):
            causes.append(Cause("must provide a volume name", f"{path}.volumeName", "FieldValueRequired"))
        if not any(one.get(key) for key in ("restoreName", "annotations", "labels")):
            causes.append(Cause("must provide at least one overriden field", path, "FieldValueRequired"))
    for key, word, known in (
        ("volumeRestorePolicy", "restore", ("InPlace", "RandomizeNames", "PrefixTargetName")),
        ("volumeOwnershipPolicy", "ownership", ("Vm", "None")),
    ):
        if spec.get(key) not in (None, *known):
            causes.append(Cause(f'volume {word} policy "{spec[key]}" doesn\'t exist', f"spec.{key}"))
    return causes


def _under_way(restore: Json, others: list[Json]) -> list[Cause]:
    return [
        Cause(f'VirtualMachineRestore "{other["metadata"]["name"]}" in progress', "spec.target")
        for other in others
        if other["spec"]["target"] == restore["spec"].get("target") and not (other.get("status") or {}).get("complete")
    ]


def default_clone(review: Any) -> None:
    """Name the target of a clone that names none."""
    if review.operation != "CREATE":
        return
    spec = review.object.setdefault("spec", {})
    source = (spec.get("source") or {}).get("name", "")
    target = spec.setdefault("target", {"apiGroup": "kubevirt.io", "kind": "VirtualMachine"})
    if not target.get("name"):
        target["name"] = f"clone-{source}-{secrets.token_hex(3)[:5]}"


def validate_clone(review: Any) -> None:
    """Refuse sources and targets that cannot be cloned, bad filters, MAC addresses and patches."""
    if review.operation == "DELETE" or review.subresource:
        return
    spec = review.object.get("spec") or {}
    source, target = spec.get("source") or {}, spec.get("target") or {}
    causes = _filters(spec)
    if source.get("kind") not in ("VirtualMachine", "VirtualMachineSnapshot"):
        causes.append(Cause("Source kind is not supported", "spec.Source.Kind"))
    if target and target.get("kind") != "VirtualMachine":
        causes.append(Cause("Target kind is not supported", "spec.Target.Kind"))
    if not source.get("apiGroup"):
        causes.append(Cause("Source's APIGroup cannot be empty", "spec.Source.APIGroup"))
    if not source.get("name"):
        causes.append(Cause("Source's name cannot be empty", "spec.Source.Name"))
    if source.get("kind") == target.get("kind") and source.get("name") == target.get("name"):
        text = "Target name cannot be equal to source name when both are VirtualMachines"
        causes.append(Cause(text, "spec.target.name"))
    causes += [*_macs(spec), *_patches(spec)]
    if causes:
        raise denied(CLONE, causes)


def _filters(spec: Json) -> list[Cause]:
    inner = spec.get("template") or {}
    listed = (
        ("spec.annotations", spec.get("annotationFilters")),
        ("spec.labels", spec.get("labelFilters")),
        ("spec.template.annotations", inner.get("annotationFilters")),
        ("spec.template.labels", inner.get("labelFilters")),
    )
    return [cause for field, filters in listed for one in filters or [] for cause in _filter(field, one)]


def _filter(field: str, text: str) -> list[Cause]:
    if len(text) == 1:
        return [Cause("a negation character is not a valid filter", field)] if text == "!" else []
    causes = []
    if "!" in text[1:]:
        rule = "NegationChar can be only used at the beginning of the filter"
        what = f"{field} filter {text} is invalid: cannot contain a negation character (!); FilterRules: {rule}"
        causes.append(Cause(what, field))
    if "*" in text[:-1]:
        rule = "WildcardChar can be only at the end of the filter"
        what = f"{field} filter {text} is invalid: cannot contain a wildcard character (*); FilterRules: {rule}"
        causes.append(Cause(what, field))
    return causes


def _macs(spec: Json) -> list[Cause]:
    return [
        Cause(f"interface {name} has malformed MAC address ({mac}).", f"spec.newMacAddresses.{name}")
        for name, mac in (spec.get("newMacAddresses") or {}).items()
        if mac and not _MAC.match(mac)
    ]


def _patches(spec: Json) -> list[Cause]:
    causes = []
    for index, text in enumerate(spec.get("patches") or []):
        try:
            json.loads(text)
        except ValueError:
            causes.append(Cause(f"patch is not valid JSON ({text})", f"spec.patches[{index}]"))
    return causes


def validate_export(review: Any) -> None:
    """Refuse an export of what cannot be exported, and any change of its spec."""
    if review.operation == "DELETE" or review.subresource:
        return
    causes = _unchanged(review) if review.old is not None else _exported(review.object)
    if causes:
        raise denied(EXPORT, causes)


def _exported(export: Json) -> list[Cause]:
    source = (export.get("spec") or {}).get("source") or {}
    known = EXPORTED.get(source.get("kind", ""))
    if known is None:
        return [Cause("invalid kind", "spec.source.kind")]
    word, long, group = known
    causes = [] if source.get("name") else [Cause(f"{long} name must not be empty", "spec.source.name")]
    if (source.get("apiGroup") or "") != group:
        must = f"must be {group}" if group else "must be missing or blank"
        causes.append(Cause(f"{word} API group {must}", "spec.source.APIGroup"))
    return causes


def held(vm: Json, old: Json) -> list[Cause]:
    """List what may not change of a machine while a snapshot or a restore holds it."""
    state = old.get("status") or {}
    snapshot, restore = state.get("snapshotInProgress"), state.get("restoreInProgress")
    if snapshot and template_spec(vm).get("volumes") != template_spec(old).get("volumes"):
        text = f'Cannot update vm disks or volumes until snapshot "{snapshot}" completes'
        return [Cause(text, "spec", "FieldValueNotSupported")]
    if snapshot and _running(vm) != _running(old):
        text = f'Cannot update vm running state until snapshot "{snapshot}" completes'
        return [Cause(text, "spec", "FieldValueNotSupported")]
    if restore and _running(vm) != _running(old):
        text = f'Cannot update VM runStrategy until restore "{restore}" completes'
        return [Cause(text, "spec", "FieldValueNotSupported")]
    return []


def _running(vm: Json) -> Any:
    return vm["spec"].get("running", vm["spec"].get("runStrategy"))
