"""OpenStack -> Kubernetes for servers: the VirtualMachine, and the Secrets that it reads. Pure."""

from __future__ import annotations

import base64
import copy
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from typing import Any

import msgspec

from dicot import names
from dicot.compute.server_groups.manifest import Place
from dicot.compute.servers import config_drive, credentials, marks

Json = dict[str, Any]

NAME_SLUG_MAX = 36
"""Leaves room for the endings of the names below: the Secret of a key may have at most 51 characters."""
GRACE_S = 60
HOST_LABEL = "kubernetes.io/hostname"
ZONE_LABEL = "topology.kubernetes.io/zone"
DEFAULT_ZONE = "nova"
"""What Nova calls the zone of hosts that are in none."""


class Disk(msgspec.Struct, frozen=True):
    """One disk of a machine. `source` is its entry in `volumes` but for the name; `template` makes a local one."""

    name: str
    source: Json
    device: str = "disk"
    bus: str = "virtio"
    serial: str = ""
    boot_order: int = 0
    tag: str = ""
    template: Json | None = None


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A server as it was decided to be: everything its objects are made of."""

    server_id: str
    name: str
    display: str
    flavor: Json
    preference: str
    image_id: str
    image_properties: dict[str, str]
    disks: tuple[Disk, ...]
    networks: tuple[Json, ...]
    interfaces: tuple[Json, ...]
    annotations: dict[str, str]
    labels: dict[str, str]
    place: Place
    user_data: bytes
    password: str
    admin_user: str
    """Who gets the password from the guest's agent; "" where there is no agent."""
    public_key: str
    key_name: str
    metadata: dict[str, str]
    tags: tuple[str, ...]
    description: str | None
    hostname: str
    zone: str
    selected_zone: str
    host: str
    hints: Json
    disk_config: str
    access_ipv4: str
    access_ipv6: str
    user_id: str
    reservation_id: str
    launch_index: int
    action: Json
    drive: config_drive.Drive


def has_secrets(plan: Plan) -> bool:
    """Tell whether the guest is told something that must not stand in the machine: then KubeVirt writes the drive."""
    return bool(plan.user_data)


def has_credential(plan: Plan) -> bool:
    """Tell whether the guest's agent is told a password."""
    return bool(plan.password and plan.admin_user)


def user_data_secret_name(name: str) -> str:
    """Name the Secret with a machine's user data."""
    return f"{name}-userdata"


def key_secret_name(name: str) -> str:
    """Name the Secret with a machine's public key."""
    return f"{name}-ssh"


def virtual_machine(plan: Plan) -> Json:
    """Describe the VirtualMachine that is this server."""
    spec: Json = {
        "runStrategy": "RerunOnFailure",
        "instancetype": {"kind": "VirtualMachineClusterInstancetype", "name": plan.flavor["instancetype"]},
    }
    if plan.preference:
        spec["preference"] = {"kind": "VirtualMachineClusterPreference", "name": plan.preference}
    templates = [disk.template for disk in plan.disks if disk.template is not None]
    if templates:
        spec["dataVolumeTemplates"] = templates
    labels = {names.id_label("server"): plan.server_id}
    on_drive = {} if has_secrets(plan) else config_drive.annotations(plan, plan.drive)
    spec["template"] = {
        "metadata": {
            "labels": {**labels, **plan.labels, **plan.place.labels},
            "annotations": {**plan.annotations, **on_drive},
        },
        "spec": _instance(plan),
    }
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {
            "name": plan.name,
            "labels": {**labels, **plan.place.labels, **names.MANAGED_BY},
            "annotations": _marks(plan),
        },
        "spec": spec,
    }


def _marks(plan: Plan) -> dict[str, str]:
    told = {
        names.NAME: plan.display,
        names.DESCRIPTION: plan.description,
        marks.METADATA: marks.write(plan.metadata) if plan.metadata else None,
        marks.TAGS: marks.write(list(plan.tags)) if plan.tags else None,
        marks.FLAVOR: marks.write(plan.flavor),
        marks.IMAGE: plan.image_id,
        marks.IMAGE_PROPERTIES: marks.write(plan.image_properties) if plan.image_properties else None,
        marks.KEY_NAME: plan.key_name or None,
        marks.USER_ID: plan.user_id,
        marks.RESERVATION: plan.reservation_id,
        marks.LAUNCH_INDEX: str(plan.launch_index) if plan.launch_index else None,
        marks.ZONE: plan.zone or None,
        marks.HOSTNAME: plan.hostname if plan.hostname != host_label(plan.hostname) else None,
        marks.HINTS: marks.write(plan.hints) if plan.hints else None,
        marks.DISK_CONFIG: plan.disk_config if plan.disk_config != "MANUAL" else None,
        marks.ACCESS_IPV4: plan.access_ipv4 or None,
        marks.ACCESS_IPV6: plan.access_ipv6 or None,
        marks.ACTIONS: marks.write([plan.action]),
    }
    return {key: value for key, value in told.items() if value is not None}


def host_label(hostname: str) -> str:
    """Return what KubeVirt takes as a host name: one DNS label."""
    return names.slug(hostname.partition(".")[0], 63)


def _instance(plan: Plan) -> Json:
    domain: Json = {"firmware": _firmware(plan), "devices": _devices(plan)}
    if needs_secure_boot(plan.image_properties):
        domain["features"] = {"smm": {"enabled": True}}
    spec: Json = {
        "hostname": host_label(plan.hostname),
        "terminationGracePeriodSeconds": GRACE_S,
        "evictionStrategy": "LiveMigrateIfPossible",
        "domain": domain,
        "networks": list(plan.networks),
        "volumes": [*({"name": disk.name, **disk.source} for disk in plan.disks), _config_drive(plan)],
    }
    access = _access(plan)
    if access:
        spec["accessCredentials"] = access
    selector = {ZONE_LABEL: plan.selected_zone, HOST_LABEL: plan.host}
    selector = {key: value for key, value in selector.items() if value}
    if selector:
        spec["nodeSelector"] = selector
    affinity = _affinity(plan.hints, plan.place.affinity)
    if affinity:
        spec["affinity"] = affinity
    return spec


def _access(plan: Plan) -> list[Json]:
    access: list[Json] = []
    if plan.public_key and has_secrets(plan):
        access.append(key_access(key_secret_name(plan.name)))
    if has_credential(plan):
        access.append(credentials.by_agent(credentials.secret_name(plan.name)))
    return access


def key_access(secret: str) -> Json:
    """Give a guest the public key in this Secret, on KubeVirt's own config drive."""
    method: Json = {"configDrive": {}}
    return {"sshPublicKey": {"source": {"secret": {"secretName": secret}}, "propagationMethod": method}}


def _firmware(plan: Plan) -> Json:
    return {"uuid": plan.server_id, **bootloader(plan.image_properties)}


def bootloader(properties: dict[str, str]) -> Json:
    """Describe how a machine boots whose image has these properties; empty for the usual BIOS."""
    secure = needs_secure_boot(properties)
    uefi = secure or properties.get("hw_firmware_type") == "uefi"
    return {"bootloader": {"efi": {"secureBoot": secure}}} if uefi else {}


def needs_secure_boot(properties: dict[str, str]) -> bool:
    """Tell whether the image asks for secure boot."""
    return properties.get("os_secure_boot") == "required"


def _devices(plan: Plan) -> Json:
    devices: Json = {
        "logSerialConsole": True,
        "rng": {},
        "disks": [*(disk(one) for one in plan.disks), {"name": config_drive.VOLUME, "disk": {"bus": "virtio"}}],
        "interfaces": [interface(one, plan.image_properties) for one in plan.interfaces],
    }
    if not plan.interfaces:
        devices["autoattachPodInterface"] = False
    return devices


def disk(disk: Disk) -> Json:
    """Describe a disk as the machine's devices do."""
    described: Json = {"name": disk.name, disk.device: {"bus": disk.bus}}
    if disk.boot_order:
        described["bootOrder"] = disk.boot_order
    if disk.serial:
        described["serial"] = disk.serial
    if disk.tag:
        described["tag"] = disk.tag
    return described


def interface(interface: Json, properties: dict[str, str]) -> Json:
    """Give an interface the model that the properties of the server's image ask for."""
    model = properties.get("hw_vif_model")
    return {**interface, "model": model} if model and "model" not in interface else interface


def _config_drive(plan: Plan) -> Json:
    if not has_secrets(plan):
        return config_drive.volume()
    secret = {"name": user_data_secret_name(plan.name)}
    return {"name": config_drive.VOLUME, "cloudInitConfigDrive": {"secretRef": secret, "networkDataSecretRef": secret}}


def _affinity(hints: Json, of_group: Json) -> Json:
    affinity = copy.deepcopy(of_group)
    for hint, kind in (("same_host", "podAffinity"), ("different_host", "podAntiAffinity")):
        asked = hints.get(hint)
        if asked:
            ids = [asked] if isinstance(asked, str) else list(asked)
            expression = {"key": names.id_label("server"), "operator": "In", "values": ids}
            term = {"labelSelector": {"matchExpressions": [expression]}, "topologyKey": HOST_LABEL}
            required = affinity.setdefault(kind, {}).setdefault("requiredDuringSchedulingIgnoredDuringExecution", [])
            required.append(term)
    return affinity


def owned_by(vm: Json) -> Json:
    """Return the ownerReference of what dies with a machine."""
    meta = vm["metadata"]
    return {"apiVersion": "kubevirt.io/v1", "kind": "VirtualMachine", "name": meta["name"], "uid": meta["uid"]}


def secrets(plan: Plan, vm: Json) -> list[Json]:
    """Describe the Secrets that a machine reads; they die with it."""
    made = []
    if plan.user_data:
        network_data = marks.write(config_drive.network_data(plan, plan.drive)).encode()
        told = {"userdata": plan.user_data, "networkdata": network_data}
        made.append(secret(user_data_secret_name(plan.name), told, vm))
    if plan.public_key and has_secrets(plan):
        made.append(secret(key_secret_name(plan.name), {"key": plan.public_key.encode()}, vm))
    if has_credential(plan):
        made.append(secret(credentials.secret_name(plan.name), {plan.admin_user: plan.password.encode()}, vm))
    return made


def secret(name: str, told: dict[str, bytes], vm: Json) -> Json:
    """Describe a Secret that dies with a machine."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": name, "labels": dict(names.MANAGED_BY), "ownerReferences": [owned_by(vm)]},
        "type": "Opaque",
        "data": {key: base64.b64encode(value).decode() for key, value in told.items()},
    }


def local_disk(name: str, size: str, source: Json) -> Json:
    """Describe the dataVolumeTemplate of a disk that lives and dies with its machine. `size` "": as its source."""
    resources: Json = {"resources": {"requests": {"storage": size}}} if size else {}
    return {"metadata": {"name": name}, "spec": {**source, "storage": resources}}


def with_password(user_data: bytes, password: str) -> bytes:
    """Add to user data that the default user has this password, as cloud-init reads it."""
    setting = f"#cloud-config\n{msgspec.json.encode(_password(password)).decode()}\n"
    if not user_data:
        return setting.encode()
    whole = MIMEMultipart(boundary="===============dicot==")
    for text in (setting, user_data.decode("utf-8", "surrogateescape")):
        whole.attach(MIMEText(text, _kind(text), "utf-8"))
    return whole.as_bytes()


def _password(password: str) -> Json:
    return {"password": password, "chpasswd": {"expire": False}}


def _kind(text: str) -> str:
    """Name cloud-init's kind of a piece of user data by how it begins."""
    for start, kind in (("#cloud-config", "cloud-config"), ("#!", "x-shellscript"), ("#include", "x-include-url")):
        if text.startswith(start):
            return kind
    return "plain"
