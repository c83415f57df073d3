"""What the status of a running instance says of its hardware: memory, disks, interfaces, whether it could migrate.

Pure.
"""

import uuid
from datetime import datetime

from dicot.devcluster.controllers import kubeovn_addresses
from dicot.devcluster.controllers.kubevirt import manifest
from dicot.devcluster.controllers.kubevirt.volumes import claim_of, claims, hotpluggable
from dicot.devcluster.controllers.objects import annotations, condition, namespace_of, uid_of, without_conditions
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS

GUEST_OS: Json = {
    "id": "debian",
    "kernelRelease": "6.1.0-28-cloud-amd64",
    "kernelVersion": "#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)",
    "machine": "x86_64",
    "name": "Debian GNU/Linux",
    "prettyName": "Debian GNU/Linux 12 (bookworm)",
    "version": "12 (bookworm)",
    "versionId": "12",
}
ALLOW_BRIDGE = "kubevirt.io/allow-pod-bridge-network-live-migration"
CLOUD_INIT_BYTES = 1048576
HOT_CHANGES = ("HotVCPUChange", "HotMemoryChange", "MigrationRequired")
SAFE = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes makes names of
_PREFIX = {"virtio": "vd", "scsi": "sd", "sata": "sd", "usb": "sd"}


def status(vmi: Json, world: World) -> Json:
    """Compute what the status gains when the guest starts to run."""
    spec = vmi["spec"]
    return {
        "interfaces": interfaces(vmi, world),
        "machine": {"type": "pc-q35-rhel9.6.0" if "q35" in spec["domain"]["machine"]["type"] else "virt"},
        "selinuxContext": "none",
        "volumeStatus": volume_status(vmi, world),
    }


def _topology(spec: Json) -> Json:
    cpu = spec["domain"].get("cpu") or {}
    return {key: cpu[key] for key in ("cores", "sockets", "threads") if key in cpu}


def grown(vmi: Json) -> Json:
    """Compute what the status says once a new launcher pod has room for the spec's processors and memory."""
    memory, old = manifest.guest_memory(vmi["spec"]), vmi["status"].get("conditions") or []
    changes: Json = {"currentCPUTopology": _topology(vmi["spec"])}
    if vmi["status"]["memory"]["guestRequested"] != memory:
        changes["memory"] = {"guestRequested": memory, "guestCurrent": memory}
    left = without_conditions(old, *HOT_CHANGES)
    return {**changes, "conditions": left} if left != old else changes


def interfaces(vmi: Json, world: World, *, agent: bool = False) -> list[Json]:
    """Describe the interfaces with the addresses that the network has given them."""
    spec = vmi["spec"]
    result: list[Json] = []
    states = {nic["name"]: nic for nic in spec["domain"].get("devices", {}).get("interfaces") or []}
    for index, network in enumerate(spec.get("networks") or []):
        nic = states.get(network["name"], {"name": network["name"]})
        found = kubeovn_addresses.of_interface(vmi, network, world)
        primary = "pod" in network
        entry: Json = {
            "infoSource": "domain, guest-agent" if agent else "domain",
            "linkState": nic.get("state", "up"),
            "mac": nic.get("macAddress") or found.mac,
            "name": network["name"],
            "podInterfaceName": f"eth{index}" if primary else f"net{index}",
            "queueCount": 1,
        }
        # Without a guest agent nobody knows the addresses on secondary networks.
        if found.ips and (primary or agent):
            entry |= {"ipAddress": found.ips[0], "ipAddresses": list(found.ips)}
        if agent:
            entry["interfaceName"] = f"eth{index}"
        result.append(entry)
    return result


def volume_status(vmi: Json, world: World) -> list[Json]:
    """Describe the disks the guest started with, by name."""
    disks = targets(vmi["spec"])
    result = []
    for volume in vmi["spec"].get("volumes") or []:
        entry: Json = {"name": volume["name"], "target": disks.get(volume["name"], "")}
        claim = claim_of(volume)
        if claim is not None:
            entry["persistentVolumeClaimInfo"] = claim_info(claim, namespace_of(vmi), world)
            if hotpluggable(volume):
                entry["hotplugVolume"] = attachment(vmi, claim)
                entry["phase"], entry["reason"] = "Ready", "VolumeReady"
                entry["message"] = f"Successfully attach hotplugged volume {volume['name']} to VM"
        elif any(key.startswith("cloudInit") for key in volume):
            entry["size"] = CLOUD_INIT_BYTES
        result.append(entry)
    return sorted(result, key=lambda entry: entry["name"])


def attachment(vmi: Json, claim: str) -> Json:
    """Name the pod that brings a claim to the guest's node: the same each time it is asked for."""
    uid = uuid.uuid5(uuid.UUID(uid_of(vmi)), claim)
    suffix = "".join(SAFE[byte % len(SAFE)] for byte in uid.bytes[:5])
    return {"attachPodName": f"hp-volume-{suffix}", "attachPodUID": str(uid)}


def targets(spec: Json) -> dict[str, str]:
    """Say what the guest calls each disk: vda, vdb ... on virtio, sda ... on the others, in the order of the disks."""
    result: dict[str, str] = {}
    used = {"vd": 0, "sd": 0}
    for disk in spec["domain"].get("devices", {}).get("disks") or []:
        device = disk.get("disk") or disk.get("lun") or disk.get("cdrom") or {}
        prefix = _PREFIX.get(device.get("bus") or "sata", "sd")
        result[disk["name"]] = prefix + letters(used[prefix])
        used[prefix] += 1
    return result


def letters(index: int) -> str:
    """Count as disks are lettered: a, b ... z, aa."""
    text = ""
    while index >= 0:
        text = chr(ord("a") + index % 26) + text
        index = index // 26 - 1
    return text


def claim_info(claim: str, namespace: str, world: World) -> Json:
    """Repeat of a claim what the volume status shows."""
    found = world.get(PERSISTENT_VOLUME_CLAIMS, claim, namespace)
    if found is None:
        return {"claimName": claim}
    spec, state = found["spec"], found.get("status") or {}
    mode = spec.get("volumeMode", "Filesystem")
    info = {
        "accessModes": spec.get("accessModes") or [],
        "capacity": state.get("capacity") or {},
        "claimName": claim,
        "requests": spec["resources"]["requests"],
        "volumeMode": mode,
    }
    return {**info, "filesystemOverhead": "0.06"} if mode == "Filesystem" else info


def migration_conditions(vmi: Json, world: World, now: datetime) -> list[Json]:
    """Judge whether the instance could migrate: shared disks, and an interface that can move."""
    result = []
    names = claims(vmi["spec"])
    if any(world.get(DATA_VOLUMES, name, namespace_of(vmi)) for name in names):
        message = "All of the VMI's DVs are bound and ready"
        ready = condition("DataVolumesReady", True, now, "AllDVsReady", message)
        result.append({**ready, "lastTransitionTime": None})
    return [*result, live_migratable(vmi, world, now), _undated(condition("StorageLiveMigratable", True, now))]


def live_migratable(vmi: Json, world: World, now: datetime) -> Json:
    """Write the condition LiveMigratable."""
    fixed = _fixed_to_node(vmi)
    if fixed is not None:
        return _undated(condition("LiveMigratable", False, now, *fixed))
    for name in claims(vmi["spec"]):
        found = world.get(PERSISTENT_VOLUME_CLAIMS, name, namespace_of(vmi))
        if found is not None and "ReadWriteMany" not in (found["spec"].get("accessModes") or []):
            message = (
                f"cannot migrate VMI: PVC {name} is not shared, live migration requires that all PVCs must be "
                "shared (using ReadWriteMany access mode)"
            )
            return _undated(condition("LiveMigratable", False, now, "DisksNotLiveMigratable", message))
    return _undated(condition("LiveMigratable", True, now))


def _fixed_to_node(vmi: Json) -> tuple[str, str] | None:
    """Say what but its disks ties an instance to its node: (reason, message)."""
    spec, devices = vmi["spec"], vmi["spec"]["domain"].get("devices") or {}
    pod_networks = {network["name"] for network in spec.get("networks") or [] if "pod" in network}
    for nic in devices.get("interfaces") or []:
        bridged = nic["name"] in pod_networks and "bridge" in nic
        if bridged and ALLOW_BRIDGE not in annotations(vmi):
            return "InterfaceNotLiveMigratable", (
                "cannot migrate VMI which does not use masquerade, bridge with "
                f"{ALLOW_BRIDGE} VM annotation or a migratable plugin to connect to the pod network"
            )
    if devices.get("hostDevices") or devices.get("gpus"):
        return "HostDeviceNotLiveMigratable", "VMI uses a PCI host devices"
    return None


def _undated(one: Json) -> Json:
    return {**one, "lastTransitionTime": None}
