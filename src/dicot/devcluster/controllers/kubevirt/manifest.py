"""What KubeVirt creates for a virtual machine: revisions, DataVolumes, the instance, the launcher pod.

Pure.
"""

import copy
import secrets

from dicot.devcluster.controllers.kubevirt import instancetype, restart, run_strategy
from dicot.devcluster.controllers.kubevirt.volumes import claims, template_spec
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
from dicot.kube.kinds import VIRTUAL_MACHINE_INSTANCES, VIRTUAL_MACHINES

FINALIZER = "kubevirt.io/virtualMachineControllerFinalize"
FOREGROUND = "kubevirt.io/foregroundDeleteVirtualMachine"
OBSERVED = {
    "kubevirt.io/latest-observed-api-version": "v1",
    "kubevirt.io/storage-observed-api-version": "v1",
}
LAUNCHER_IMAGE = "quay.io/kubevirt/virt-launcher:v1.9.0"
OVERHEAD_BYTES = 281018368
OVERHEAD_OF_VCPU_BYTES = 8 * 2**20
CPU_ALLOCATION_RATIO = 10
LAUNCHER_NAME_MOST = 230
CONSOLE_LOG_CONTAINER = "guest-console-log"


def start_revision(vm: Json) -> Json:
    """Write the ControllerRevision of the spec that the instance is started from."""
    generation = vm["metadata"]["generation"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": restart.revision_name(vm, generation),
            "namespace": namespace_of(vm),
            "ownerReferences": [owner_reference(VIRTUAL_MACHINES, vm)],
        },
        "data": {"spec": vm["spec"]},
        "revision": generation,
    }


def data_volume(vm: Json, template: Json) -> Json:
    """Write the DataVolume of one of the machine's templates."""
    metadata = template["metadata"]
    return {
        "apiVersion": "cdi.kubevirt.io/v1beta1",
        "kind": "DataVolume",
        "metadata": {
            "name": metadata["name"],
            "namespace": namespace_of(vm),
            "labels": {**(metadata.get("labels") or {}), "kubevirt.io/created-by": uid_of(vm)},
            "annotations": {**(metadata.get("annotations") or {}), "cdi.kubevirt.io/allowClaimAdoption": "true"},
            "ownerReferences": [owner_reference(VIRTUAL_MACHINES, vm)],
        },
        "spec": copy.deepcopy(template["spec"]),
    }


def instance(vm: Json, world: World) -> Json:
    """Write the VirtualMachineInstance of a virtual machine."""
    template = vm["spec"]["template"]
    metadata = template.get("metadata") or {}
    spec = defaulted(instancetype.apply(vm, template_spec(vm), world))
    notes = {**(metadata.get("annotations") or {}), **OBSERVED}
    notes["kubevirt.io/vm-generation"] = str(vm["metadata"]["generation"])
    for field in ("instancetype", "preference"):
        matcher = vm["spec"].get(field) or {}
        kind = instancetype.kind_of(field, matcher)
        if matcher.get("name") and kind is not None:
            notes[f"kubevirt.io/{'' if kind.namespaced else 'cluster-'}{field}-name"] = matcher["name"]
    if _starts_paused(vm):
        spec["startStrategy"] = "Paused"
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {
            "name": name_of(vm),
            "namespace": namespace_of(vm),
            "labels": dict(metadata.get("labels") or {}),
            "annotations": notes,
            "finalizers": [FINALIZER, FOREGROUND],
            "ownerReferences": [owner_reference(VIRTUAL_MACHINES, vm)],
        },
        "spec": spec,
        "status": {"virtualMachineRevisionName": restart.revision_name(vm, vm["metadata"]["generation"])},
    }


def _starts_paused(vm: Json) -> bool:
    pending = run_strategy.requests(vm)
    return bool(pending) and (pending[0].get("data") or {}).get("paused") == "true"


def defaulted(spec: Json) -> Json:
    """Fill in what an instance spec always has."""
    result = copy.deepcopy(spec)
    domain = result.setdefault("domain", {})
    devices = domain.setdefault("devices", {})
    cpu = domain.setdefault("cpu", {})
    for key, value in (("cores", 1), ("sockets", 1), ("model", "host-model")):
        cpu.setdefault(key, value)
    cpu.setdefault("maxSockets", cpu["sockets"] * 4)
    domain.setdefault("features", {}).setdefault("acpi", {"enabled": True})
    domain.setdefault("machine", {}).setdefault("type", "q35")
    domain.setdefault("resources", {})
    result.setdefault("architecture", "amd64")
    result.setdefault("evictionStrategy", "None")
    result.setdefault("terminationGracePeriodSeconds", 30)
    if devices.get("autoattachPodInterface", True) and not devices.get("interfaces"):
        nothing: Json = {}
        devices["interfaces"] = [{"name": "default", "masquerade": nothing}]
        result["networks"] = [{"name": "default", "pod": nothing}]
    for volume in result.get("volumes") or []:
        if "containerDisk" in volume:
            volume["containerDisk"].setdefault("imagePullPolicy", "IfNotPresent")
    return result


def guest_memory(spec: Json) -> str:
    """Say how much memory the guest gets, "" if the spec does not say."""
    domain = spec["domain"]
    return (domain.get("memory") or {}).get("guest") or ((domain.get("resources") or {}).get("requests") or {}).get(
        "memory", ""
    )


def vcpus(spec: Json) -> int:
    """Count the guest's virtual CPUs."""
    cpu = spec["domain"].get("cpu") or {}
    return cpu.get("cores", 1) * cpu.get("sockets", 1) * cpu.get("threads", 1)


def memory_overhead(spec: Json) -> str:
    """Say how much memory the launcher takes beside the guest's: more for each processor."""
    return f"{_overhead_bytes(spec) // 2**20}Mi"


def _overhead_bytes(spec: Json) -> int:
    return OVERHEAD_BYTES + (vcpus(spec) - 1) * OVERHEAD_OF_VCPU_BYTES


def pod_requests(spec: Json) -> dict[str, str]:
    """Compute what the launcher pod asks of a node."""
    asked = (spec["domain"].get("resources") or {}).get("requests") or {}
    cpu = asked.get("cpu") or f"{max(1, vcpus(spec) * 1000 // CPU_ALLOCATION_RATIO)}m"
    memory = size_bytes(guest_memory(spec) or "0") + _overhead_bytes(spec)
    return {"cpu": str(cpu), "memory": str(memory)}


def launcher_pod(vmi: Json) -> Json:
    """Write the virt-launcher pod of an instance."""
    name = name_of(vmi)
    label = name[:63].rstrip("-.")
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"virt-launcher-{name[:LAUNCHER_NAME_MOST]}-{secrets.token_hex(3)[:5]}",
            "generateName": f"virt-launcher-{name}-",
            "namespace": namespace_of(vmi),
            "labels": {
                **labels(vmi),
                "kubevirt.io": "virt-launcher",
                "kubevirt.io/created-by": uid_of(vmi),
                "vm.kubevirt.io/name": label,
                "vmi.kubevirt.io/id": label,
            },
            "annotations": {
                **annotations(vmi),
                "kubectl.kubernetes.io/default-container": "compute",
                "kubevirt.io/domain": name,
                "kubevirt.io/memory-overhead-bytes": str(_overhead_bytes(vmi["spec"])),
                "kubevirt.io/migrationTransportUnix": "true",
            },
            "ownerReferences": [owner_reference(VIRTUAL_MACHINE_INSTANCES, vmi)],
        },
        "spec": _pod_spec(vmi),
        "status": {"phase": "Pending"},
    }


def _pod_spec(vmi: Json) -> Json:
    spec = vmi["spec"]
    containers: Json = {
        "containers": [
            {"name": "compute", "image": LAUNCHER_IMAGE, "resources": {"requests": pod_requests(spec)}},
        ],
        "volumes": [
            {"name": claim, "persistentVolumeClaim": {"claimName": claim}} for claim in dict.fromkeys(claims(spec))
        ],
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": spec.get("terminationGracePeriodSeconds", 30) + 30,
        "hostname": (spec.get("hostname") or name_of(vmi).split(".")[0])[:63],
    }
    if spec["domain"].get("devices", {}).get("logSerialConsole", True):
        console = {"name": CONSOLE_LOG_CONTAINER, "image": LAUNCHER_IMAGE, "restartPolicy": "Always"}
        containers["initContainers"] = [console]
    for key in ("nodeSelector", "affinity", "tolerations"):
        if spec.get(key):
            containers[key] = spec[key]
    selector = {"kubevirt.io/schedulable": "true", **(spec.get("nodeSelector") or {})}
    return {**containers, "nodeSelector": selector}
