"""What KubeVirt's webhooks do about instancetypes and preferences: infer defaults from volumes, check requirements.

Pure but for look-ups through the review.
"""

from typing import Any

from dicot.devcluster.controllers.denial import Cause, unreadable
from dicot.devcluster.controllers.kubevirt import instancetype
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, template_spec
from dicot.devcluster.controllers.objects import labels, quantity
from dicot.kube import Json

_LABEL = "instancetype.kubevirt.io/default-"
_KINDS = {
    "persistentvolumeclaims": "",
    "datavolumes": "cdi.kubevirt.io",
}


def infer(review: Any, webhook: str) -> None:
    """Write out instancetype and preference where the machine asks for those that a volume is labelled with."""
    vm = review.object
    for field in ("instancetype", "preference"):
        matcher = vm["spec"].get(field) or {}
        volume = matcher.get("inferFromVolume")
        if not volume:
            continue
        try:
            found = _inferred(review, vm, volume, field)
        except LookupError as error:
            if matcher.get("inferFromVolumeFailurePolicy") != "Ignore":
                raise unreadable(webhook, str(error.args[0])) from error
            del vm["spec"][field]
            continue
        vm["spec"][field] = found


def _inferred(review: Any, vm: Json, name: str, field: str) -> Json:
    volumes = template_spec(vm).get("volumes") or []
    volume = next((one for one in volumes if one["name"] == name), None)
    if volume is None:
        raise LookupError(f"unable to find volume {name} to infer defaults")
    claim = claim_of(volume)
    if claim is None:
        raise LookupError(f"unable to infer defaults from volume {name} as type is not supported")
    found = _labels(review, vm, claim)
    if not found.get(_LABEL + field):
        raise LookupError(f"unable to find required {_LABEL}{field} label on the volume")
    kind = found.get(f"{_LABEL}{field}-kind")
    return {"name": found[_LABEL + field], **({"kind": kind} if kind else {})}


def _labels(review: Any, vm: Json, claim: str) -> dict[str, str]:
    for template in vm["spec"].get("dataVolumeTemplates") or []:
        if template.get("metadata", {}).get("name") == claim:
            return labels(template) or _source_labels(review, template)
    for plural, group in _KINDS.items():
        obj = review.get(group, plural, review.namespace, claim)
        if obj is not None and labels(obj).get(_LABEL + "instancetype", labels(obj).get(_LABEL + "preference")):
            return labels(obj)
    return {}


def _source_labels(review: Any, template: Json) -> dict[str, str]:
    """Read the labels of what a DataVolume would be cloned from."""
    spec = template.get("spec") or {}
    reference, claim = spec.get("sourceRef"), (spec.get("source") or {}).get("pvc")
    if reference:
        namespace = reference.get("namespace") or review.namespace
        obj = review.get("cdi.kubevirt.io", "datasources", namespace, reference["name"])
    elif claim:
        obj = review.get("", "persistentvolumeclaims", claim.get("namespace") or review.namespace, claim["name"])
    else:
        obj = None
    return labels(obj) if obj is not None else {}


def unmet(review: Any) -> list[Cause]:
    """Say which requirement of the preference the machine does not meet; nothing about what does not exist."""
    vm = review.object
    wanted = (_spec(review, "preference").get("requirements")) or {}
    kind = _spec(review, "instancetype")
    if not wanted or ((vm["spec"].get("instancetype") or {}).get("name") and not kind):
        return []
    by = "instance type" if kind else "VirtualMachine"
    domain = kind or template_spec(vm)["domain"]
    cpu, memory = (wanted.get(key, {}).get("guest") for key in ("cpu", "memory"))
    has_cpu = kind["cpu"]["guest"] if kind else _vcpus(domain.get("cpu") or {})
    has_memory = (domain.get("memory") or {}).get("guest") or "0"
    if cpu and has_cpu < cpu:
        why = f"insufficient CPU resources of {has_cpu} vCPU provided by {by}, preference requires {cpu} vCPU"
        return [_unmet(why, "spec.instancetype" if kind else "spec.template.spec.domain.cpu")]
    if memory and quantity(has_memory) < quantity(memory):
        why = f"insufficient Memory resources of {has_memory} provided by {by}, preference requires {memory}"
        return [_unmet(why, "spec.instancetype" if kind else "spec.template.spec.domain.memory")]
    return []


def _unmet(why: str, field: str) -> Cause:
    return Cause(f"failure checking preference requirements: {why}", field, "FieldValueNotFound")


def _vcpus(cpu: Json) -> int:
    return cpu.get("cores", 1) * cpu.get("sockets", 1) * cpu.get("threads", 1)


def _spec(review: Any, field: str) -> Json:
    matcher = review.object["spec"].get(field) or {}
    kind = instancetype.kind_of(field, matcher)
    if kind is None or not matcher.get("name"):
        return {}
    found = review.get(kind.group, kind.plural, review.namespace if kind.namespaced else "", matcher["name"])
    return (found or {}).get("spec") or {}
