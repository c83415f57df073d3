"""KubeVirt's webhooks: what they fill into a VirtualMachine, and what they refuse.

Weak, as the real ones are: a missing instancetype, claim or Secret is accepted and shows only later.
"""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from dicot.devcluster.clock import Clock
from dicot.devcluster.controllers.denial import Cause, denied, malformed, unreadable
from dicot.devcluster.controllers.kubevirt import launchers, manifest, migration, preference, rules
from dicot.devcluster.controllers.kubevirt.storage import admission as storage_admission
from dicot.devcluster.controllers.objects import get_condition, uid_of
from dicot.devcluster.controllers.world import World
from dicot.kube import Json

MUTATOR = "virtualmachines-mutator.kubevirt.io"
VALIDATOR = "virtualmachine-validator.kubevirt.io"
VMI_CREATE = "virtualmachineinstances-create-validator.kubevirt.io"
VMI_UPDATE = "virtualmachineinstances-update-validator.kubevirt.io"
MIGRATION = "migration-create-validator.kubevirt.io"
TRUSTED = "system:serviceaccount:kubevirt:"
_QUANTITY = re.compile(r"^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$")
_QUANTITY_TEXT = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
_OPERATORS = ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn")
_ARCHITECTURES = ("amd64", "arm64", "s390x")
_RUN_STRATEGIES = ("Always", "Halted", "Manual", "RerunOnFailure", "Once")


def mutate_vm(review: Any) -> None:
    """Check the shape of a new or changed VirtualMachine, and fill in its defaults."""
    if review.operation == "DELETE" or review.subresource:
        return
    vm = review.object
    missing = _missing(vm)
    if missing:
        raise malformed(MUTATOR, missing)
    spec = vm["spec"]["template"]["spec"]
    _check_types(spec)
    preference.infer(review, MUTATOR)
    if review.operation == "CREATE":
        _default(vm, spec)
    vm["spec"] = _marshalled(vm["spec"])


def _marshalled(value: Any) -> Any:
    """Leave out what Go leaves out when the webhook writes the whole spec back: empty lists, and null."""
    if isinstance(value, dict):
        return {key: _marshalled(one) for key, one in value.items() if one not in (None, [])}
    return [_marshalled(one) for one in value] if isinstance(value, list) else value


def _missing(vm: Json) -> list[str]:
    spec = vm.get("spec")
    if not isinstance(spec, dict):
        return ["spec in body is required", 'spec in body must be of type object: "null"']
    path, node = "spec", spec
    for key in ("template", "spec", "domain", "devices"):
        path, parent = f"{path}.{key}", node
        node = parent.get(key)
        if not isinstance(node, dict):
            return [f"{path} in body is required"]
    return [*_unknown_words(spec["template"]["spec"]), *_no_capacity(spec["template"]["spec"])]


def _unknown_words(spec: Json) -> list[str]:
    """Check the enumerations in the schema of a pod's placement."""
    affinity = (spec.get("affinity") or {}).get("nodeAffinity") or {}
    key = "requiredDuringSchedulingIgnoredDuringExecution"
    terms = (affinity.get(key) or {}).get("nodeSelectorTerms") or []
    expressions = [one for term in terms for one in term.get("matchExpressions") or []]
    result = []
    if any(one.get("operator") not in _OPERATORS for one in expressions):
        path = f"spec.template.spec.affinity.nodeAffinity.{key}.nodeSelectorTerms.matchExpressions.operator"
        result.append(f"{path} in body should be one of [{' '.join(_OPERATORS)}]")
    if any(one.get("operator", "Equal") not in ("Equal", "Exists") for one in spec.get("tolerations") or []):
        result.append("spec.template.spec.tolerations.operator in body should be one of [Equal Exists]")
    return result


def _no_capacity(spec: Json) -> list[str]:
    return [
        "spec.template.spec.volumes.emptyDisk.capacity in body is required"
        for volume in spec.get("volumes") or []
        if "emptyDisk" in volume and not (volume["emptyDisk"] or {}).get("capacity")
    ][:1]


def _check_types(spec: Json) -> None:
    domain = spec["domain"]
    memory = domain.get("memory") or {}
    resources = domain.get("resources") or {}
    requests, limits = (resources.get(key) or {} for key in ("requests", "limits"))
    for value in (memory.get("guest"), memory.get("maxGuest"), *requests.values(), *limits.values()):
        if value is not None and not _QUANTITY.match(str(value)):
            raise unreadable(MUTATOR, _QUANTITY_TEXT)
    for key in ("cores", "sockets", "threads"):
        value = (domain.get("cpu") or {}).get(key)
        if isinstance(value, float):
            raise malformed(MUTATOR, [f'spec.template.spec.domain.cpu.{key} in body must be of type int64: "float64"'])
        if isinstance(value, int) and value < 0:
            raise unreadable(
                MUTATOR,
                f"json: cannot unmarshal number {value} into Go struct field VirtualMachineInstanceTemplateSpec."
                f"spec.template.spec.domain.cpu.{key} of type uint32",
            )


def _default(vm: Json, spec: Json) -> None:
    template = vm["spec"]["template"]
    metadata = template.setdefault("metadata", {})
    notes = dict(metadata.get("annotations") or {})
    spec.setdefault("architecture", "amd64")
    if spec["architecture"] in _ARCHITECTURES:
        notes.setdefault("kubevirt.io/pci-topology-version", "v3")
    if notes:
        metadata["annotations"] = notes
    domain = spec["domain"]
    domain.setdefault("machine", {}).setdefault("type", "q35")
    domain.setdefault("resources", {})
    firmware = domain.setdefault("firmware", {})
    for key in ("uuid", "serial"):
        if not firmware.get(key):
            firmware[key] = str(uuid.uuid4())
    for volume in spec.get("volumes") or []:
        if volume.get("containerPath"):
            volume["containerPath"].setdefault("readOnly", True)


def validate_vm(review: Any) -> None:
    """Refuse what KubeVirt refuses of a VirtualMachine."""
    if review.operation == "DELETE" or review.subresource:
        return
    vm, old = review.object, review.old
    if old is not None and old.get("spec") == vm.get("spec"):
        return
    causes = [*_run_strategy(vm["spec"]), *_conflicts(vm["spec"]), *rules.check(vm["spec"]["template"])]
    causes += _disk_templates(vm) or preference.unmet(review)
    if not causes and old is not None:
        causes = storage_admission.held(vm, old)
    if causes:
        raise denied(VALIDATOR, causes)
    if "running" in vm["spec"]:
        review.warnings.append("spec.running is deprecated, please use spec.runStrategy instead.")


def _run_strategy(spec: Json) -> list[Cause]:
    if "running" in spec and "runStrategy" in spec:
        text = (
            "Running and RunStrategy are mutually exclusive. Note that Running is deprecated, please use RunStrategy "
            "instead"
        )
        return [Cause(text, "spec.running")]
    if "running" not in spec and "runStrategy" not in spec:
        return [Cause("RunStrategy must be specified", "spec.running")]
    if "runStrategy" in spec and spec["runStrategy"] not in _RUN_STRATEGIES:
        text = f"Invalid RunStrategy ({spec['runStrategy']})"
        if spec["runStrategy"] == "WaitAsReceiver":
            text += ", DecentralizedLiveMigration feature gate is not enabled in kubevirt resource"
        return [Cause(text, "spec.runStrategy")]
    return []


def _conflicts(spec: Json) -> list[Cause]:
    if not (spec.get("instancetype") or {}).get("name"):
        return []
    domain = spec["template"]["spec"]["domain"]
    fields = [f"domain.cpu.{key}" for key in ("cores", "sockets", "threads") if (domain.get("cpu") or {}).get(key)]
    if (domain.get("memory") or {}).get("guest"):
        fields.append("domain.memory.guest")
    resources = domain.get("resources") or {}
    for part in ("requests", "limits"):
        fields += [
            f"domain.resources.{part}.{key}" for key in ("cpu", "memory") if (resources.get(part) or {}).get(key)
        ]
    paths = [f"spec.template.spec.{field}" for field in fields]
    return [Cause(f"VM field(s) {path} conflicts with selected instance type", path) for path in paths]


def _disk_templates(vm: Json) -> list[Cause]:
    volumes = vm["spec"]["template"]["spec"].get("volumes") or []
    used = {(v.get("dataVolume") or {}).get("name") for v in volumes}
    used |= {(v.get("persistentVolumeClaim") or {}).get("claimName") for v in volumes}
    causes = []
    for index, template in enumerate(vm["spec"].get("dataVolumeTemplates") or []):
        path = f"spec.dataVolumeTemplate[{index}]"
        name = (template.get("metadata") or {}).get("name")
        spec = template.get("spec") or {}
        if not name:
            text = f"'name' field must not be empty for DataVolumeTemplate entry {path}.name."
            causes.append(Cause(text, f"{path}.name", "FieldValueRequired"))
        elif "pvc" in spec and "storage" in spec:
            text = "Duplicate storage definition, both target storage and target pvc defined"
            causes.append(Cause(text, f"{path}.PVC.Storage"))
        elif name not in used:
            text = f"DataVolumeTemplate entry {path} must be referenced in the VMI template's 'volumes' list"
            causes.append(Cause(text, path, "FieldValueRequired"))
    return causes


def mutate_vmi(clock: Clock) -> Callable[[Any], None]:
    """Make the hook that fills in a new VirtualMachineInstance and the beginning of its status."""

    def mutate(review: Any) -> None:
        if review.operation != "CREATE":
            return
        vmi = review.object
        metadata = vmi["metadata"]
        metadata["annotations"] = {"kubevirt.io/pci-topology-version": "v3", **(metadata.get("annotations") or {})}
        ends = metadata.get("finalizers") or []
        metadata["finalizers"] = [*ends, *({manifest.FOREGROUND} - set(ends))]
        vmi["spec"] = manifest.defaulted(vmi.get("spec") or {})
        began = manifest.first_status(vmi["spec"], datetime.fromtimestamp(clock.now(), UTC))
        vmi["status"] = {**(vmi.get("status") or {}), **began}

    return mutate


def validate_vmi(review: Any) -> None:
    """Refuse an instance without memory, and any edit of a spec that is not KubeVirt's own."""
    trusted = review.user.username.startswith(TRUSTED)
    if review.operation == "CREATE":
        domain = review.object["spec"]["domain"]
        hugepages = ((domain.get("memory") or {}).get("hugepages") or {}).get("pageSize")
        if not manifest.guest_memory(review.object["spec"]) and not hugepages:
            text = (
                "no memory requested, at least one of 'spec.domain.memory.guest', "
                "'spec.domain.memory.hugepages.pageSize' or 'spec.domain.resources.requests.memory' must be set"
            )
            raise denied(VMI_CREATE, [Cause(text, "", "FieldValueRequired")])
        if not trusted:
            causes = rules.reserved_labels((review.object["metadata"].get("labels") or {}), "metadata.labels")
            if causes:
                raise denied(VMI_CREATE, causes)
    elif not trusted and review.old is not None and review.old.get("spec") != review.object.get("spec"):
        raise denied(VMI_UPDATE, [Cause("update of VMI object is restricted", "", "FieldValueNotSupported")])


def mutate_migration(review: Any) -> None:
    """Label a new migration with its instance, and hold it until it has ended."""
    if review.operation != "CREATE":
        return
    metadata = review.object["metadata"]
    name = (review.object.get("spec") or {}).get("vmiName") or ""
    metadata["labels"] = {**(metadata.get("labels") or {}), migration.VMI_NAME: name}
    metadata["finalizers"] = [*(metadata.get("finalizers") or []), migration.FINALIZER]


def migrations(world: World) -> Callable[[Any], None]:
    """Make the hook that refuses a migration while another is under way."""

    def validate(review: Any) -> None:
        if review.operation == "CREATE":
            _validate_migration(review, world)

    return validate


def _validate_migration(review: Any, world: World) -> None:
    """Refuse a migration without an instance, of one that cannot move, or while one is under way."""
    name = (review.object.get("spec") or {}).get("vmiName")
    if not name:
        raise denied(MIGRATION, [Cause("vmiName is missing", "spec.vmiName", "FieldValueRequired")])
    vmi = review.get("kubevirt.io", "virtualmachineinstances", review.namespace, name)
    if vmi is None:
        raise unreadable(MIGRATION, f'the VMI "{review.namespace}/{name}" does not exist')
    judged = get_condition(vmi, "LiveMigratable")
    if judged.get("status") == "False":
        why = f"Cannot migrate VMI, Reason: {judged['reason']}, Message: {judged['message']}"
        raise unreadable(MIGRATION, why)
    busy = launchers.under_way(vmi, world)
    if busy is not None:
        raise unreadable(
            MIGRATION,
            f"in-flight migration detected. Active migration job ({uid_of(busy)}) is currently already in progress "
            f"for VMI {name}.",
        )
