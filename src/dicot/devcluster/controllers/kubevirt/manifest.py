"""What KubeVirt creates for a virtual machine: revisions, DataVolumes, the instance, the launcher pod.

Pure.
"""

import copy
import math
import uuid
from datetime import datetime

from dicot.devcluster.controllers.kubevirt import instancetype, live_update, restart, run_strategy
from dicot.devcluster.controllers.kubevirt.volumes import claims, template_spec
from dicot.devcluster.controllers.objects import (
    annotations,
    labels,
    name_of,
    namespace_of,
    owner_reference,
    quantity,
    size_bytes,
    stamp,
    suffix,
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
RUNTIME_USER = 107
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
    live_update.allow_growth(spec)
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
    domain.setdefault("devices", {})
    domain["cpu"] = _cpu(domain)
    domain.setdefault("features", {}).setdefault("acpi", {"enabled": True})
    domain.setdefault("machine", {}).setdefault("type", "q35")
    domain.setdefault("resources", {})
    firmware = domain.setdefault("firmware", {})
    firmware.setdefault("uuid", str(uuid.uuid4()))
    result.setdefault("architecture", "amd64")
    result.setdefault("evictionStrategy", "None")
    networked(result)
    for disk in domain["devices"].get("disks") or []:
        for key in ("disk", "lun", "cdrom"):
            if key in disk:
                disk[key].setdefault("bus", "sata")
    for volume in result.get("volumes") or []:
        if "containerDisk" in volume:
            volume["containerDisk"].setdefault("imagePullPolicy", "IfNotPresent")
    return result


def networked(spec: Json) -> None:
    """Give an instance spec that names no interface the one that KubeVirt gives it: a bridge to the pod network."""
    devices = spec["domain"].setdefault("devices", {})
    if devices.get("autoattachPodInterface", True) and not devices.get("interfaces") and not spec.get("networks"):
        nothing: Json = {}
        devices["interfaces"] = [{"name": "default", "bridge": nothing}]
        spec["networks"] = [{"name": "default", "pod": nothing}]


def _cpu(domain: Json) -> Json:
    """Fill in the processors: a topology that is not given at all comes from the resources, as sockets."""
    cpu = dict(domain.get("cpu") or {})
    if not any(cpu.get(key) for key in ("cores", "sockets", "threads")):
        resources = domain.get("resources") or {}
        asked = next((resources[key]["cpu"] for key in ("limits", "requests") if "cpu" in resources.get(key, {})), 1)
        cpu |= {"cores": 1, "sockets": math.ceil(quantity(asked)), "threads": 1}
    cpu.setdefault("model", "host-model")
    cpu.setdefault("maxSockets", cpu.get("sockets", 1) * 4)
    return cpu


def first_status(spec: Json, now: datetime) -> Json:
    """Write the status that an instance has from its creation on."""
    cpu, memory = spec["domain"].get("cpu") or {}, guest_memory(spec)
    nothing: Json = {}
    return {
        "currentCPUTopology": {key: cpu[key] for key in ("cores", "sockets", "threads") if key in cpu},
        "guestOSInfo": nothing,
        "memory": {"guestAtBoot": memory, "guestCurrent": memory, "guestRequested": memory},
        "phase": "Pending",
        "phaseTransitionTimestamps": [{"phase": "Pending", "phaseTransitionTimestamp": stamp(now)}],
        "runtimeUser": RUNTIME_USER,
    }


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
            "name": f"virt-launcher-{name[:LAUNCHER_NAME_MOST]}-{suffix()}",
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
        "automountServiceAccountToken": False,
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
