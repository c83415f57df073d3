"""What is wrong with the instance spec in a VirtualMachine: one small rule for each refusal of KubeVirt.

Pure. Each rule yields causes; messages and fields are KubeVirt 1.9's.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator

from dicot.devcluster.controllers.denial import Cause
from dicot.devcluster.controllers.objects import quantity
from dicot.kube import Json

ROOT = "spec.template.spec"
DEVICES = f"{ROOT}.domain.devices"
INLINE_BYTES = 2048
RESERVED = (
    "kubevirt.io/created-by", "kubevirt.io/migrationJobUID", "kubevirt.io/nodeName",
    "kubevirt.io/migrationTargetNodeName", "kubevirt.io/schedulable", "kubevirt.io/install-strategy",
)  # fmt: skip
BINDINGS = ("bridge", "masquerade", "sriov", "slirp", "macvtap", "passt", "passtBinding")
MODELS = ("e1000", "e1000e", "igb", "ne2k_pci", "pcnet", "rtl8139", "virtio")
CACHES = ("none", "writethrough", "writeback")
BUSES = ("virtio", "scsi", "sata", "usb")
TARGETS = ("disk", "lun", "cdrom", "floppy")
_LABEL_TEXT = (
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
)
_LABEL = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
_SUBDOMAIN_TEXT = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SUBDOMAIN = re.compile(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
_MAC = re.compile(r"^([0-9A-Fa-f]{2}[:-])+[0-9A-Fa-f]{2}$")
MAC_PARTS = 6


def check(template: Json) -> list[Cause]:
    """Apply every rule to the template of a VirtualMachine."""
    spec = template["spec"]
    causes = [cause for rule in _RULES for cause in rule(spec)]
    labels = (template.get("metadata") or {}).get("labels") or {}
    return [*causes, *reserved_labels(labels, "spec.template.metadata.labels")]


def reserved_labels(labels: dict[str, str], field: str) -> list[Cause]:
    """Refuse labels that only KubeVirt may set."""
    if not any(label in RESERVED for label in labels):
        return []
    text = "creation of the following reserved kubevirt.io/ labels on a VMI object is prohibited"
    return [Cause(text, field, "FieldValueNotSupported")]


def _domain(spec: Json, key: str) -> Json:
    return spec["domain"].get(key) or {}


def _disks(spec: Json) -> list[Json]:
    return spec["domain"]["devices"].get("disks") or []


def _interfaces(spec: Json) -> list[Json]:
    return spec["domain"]["devices"].get("interfaces") or []


def _sockets(spec: Json) -> Iterator[Cause]:
    cpu = _domain(spec, "cpu")
    if cpu.get("maxSockets") and cpu.get("sockets", 1) > cpu["maxSockets"]:
        text = "Number of sockets in CPU topology is greater than the maximum sockets allowed"
        yield Cause(text, f"{ROOT}.domain.cpu.sockets")


def _cpu_and_memory(spec: Json) -> Iterator[Cause]:
    cpu, memory, resources = (_domain(spec, key) for key in ("cpu", "memory", "resources"))
    requests, limits = (resources.get(key) or {} for key in ("requests", "limits"))
    path = f"{ROOT}.domain.resources.requests"
    for name in ("memory", "cpu"):
        asked, most = requests.get(name), limits.get(name)
        if asked is not None and quantity(asked) < 0:
            yield Cause(f"{path}.{name} '{asked}': must be greater than or equal to 0.", f"{path}.{name}")
        elif asked is not None and most is not None and quantity(asked) > quantity(most):
            limit = f"{ROOT}.domain.resources.limits.{name}"
            yield Cause(f"{path}.{name} '{asked}' is greater than {limit} '{most}'", f"{path}.{name}")
    if cpu.get("dedicatedCpuPlacement") and quantity(requests.get("cpu", 0)) % 1:
        yield Cause("provided resources CPU requests must be an interger", f"{path}.cpu")
    page = (memory.get("hugepages") or {}).get("pageSize")
    asked = requests.get("memory", "0")
    if page and page not in ("2Mi", "1Gi"):
        size = f"{ROOT}.domain.memory.hugepages.pageSize '{page}'"
        text = f"{path}.memory '{asked}' is not a multiple of the page size {size}"
        yield Cause(text, f"{path}.memory")
    if memory.get("maxGuest") and memory.get("guest") and quantity(memory["guest"]) > quantity(memory["maxGuest"]):
        yield Cause("Guest memory is greater than the configured maxGuest memory", f"{ROOT}.domain.memory.guest")


def _disk_names(spec: Json) -> Iterator[Cause]:
    volumes = {volume.get("name") for volume in spec.get("volumes") or []}
    first: dict[str, int] = {}
    for index, disk in enumerate(_disks(spec)):
        path, name = f"{DEVICES}.disks[{index}]", disk.get("name", "")
        if name not in volumes and "cdrom" not in disk:
            yield Cause(f"{path}.Name '{name}' not found.", f"{path}.name")
        elif not _LABEL.match(name):
            yield Cause(_LABEL_TEXT, f"{DEVICES}.disks.domain.devices.disks[{index}].name")
    for index, disk in enumerate(_disks(spec)):
        path, name = f"{DEVICES}.disks[{index}]", disk.get("name", "")
        if name in first:
            text = f"{path} and {DEVICES}.disks[{first[name]}] must not have the same Name."
            yield Cause(text, f"{path}.name")
        first.setdefault(name, index)


def _disk_shapes(spec: Json) -> Iterator[Cause]:
    orders: set[int] = set()
    for index, disk in enumerate(_disks(spec)):
        path = f"{DEVICES}.disks[{index}]"
        targets = [key for key in TARGETS if key in disk]
        if len(targets) > 1:
            yield Cause(f"{path} can only have a single target type defined", path)
        for target in targets:
            yield from _bus(f"{path}.{target}", target, (disk[target] or {}).get("bus"))
        order = disk.get("bootOrder")
        if order is not None and order < 1:
            yield Cause(f"{path} must have a boot order > 0, if supplied", f"{path}.bootOrder")
        elif order in orders:
            text = f"Boot order for {path}.bootOrder already set for a different device."
            yield Cause(text, f"{path}.bootOrder")
        elif order is not None:
            orders.add(order)
        yield from _disk_words(path, disk)
        if disk.get("io") not in (None, "", "native", "threads"):
            text = f"Disk IO mode for {DEVICES}.disks is not supported. Supported modes are: native, threads."
            field = f"{DEVICES}.disks.domain.devices.disks[{index}].io"
            yield Cause(text, field, "FieldValueNotSupported")


def _bus(path: str, target: str, bus: str | None) -> Iterator[Cause]:
    if bus == "ide":
        yield Cause("IDE bus is not supported", f"{path}.bus")
    elif target == "cdrom" and bus == "virtio":
        yield Cause("Bus type virtio is invalid for CD-ROM device", f"{path}.bus")
    elif bus and bus not in BUSES:
        disk = path.rpartition(".")[0]
        text = f"{disk} is set with an unrecognized bus {bus}, must be one of: [{' '.join(BUSES)}]"
        yield Cause(text, f"{path}.bus")


def _disk_words(path: str, disk: Json) -> Iterator[Cause]:
    serial = disk.get("serial") or ""
    if not re.fullmatch(r"[A-Za-z0-9_.+-]*", serial):
        text = f"{path} must be made up of the following characters [A-Za-z0-9_.+-], if specified"
        yield Cause(text, f"{path}.serial")
    elif len(serial) > 256:
        yield Cause(f"{path} must be less than or equal to 256 in length, if specified", f"{path}.serial")
    if disk.get("cache") and disk["cache"] not in CACHES:
        yield Cause(f"{path}.cache has invalid value {disk['cache']}", f"{path}.cache")


def _volume_shapes(spec: Json) -> Iterator[Cause]:
    first: dict[str, int] = {}
    for index, volume in enumerate(spec.get("volumes") or []):
        path, name = f"{ROOT}.volumes[{index}]", volume.get("name", "")
        if name in first:
            text = f"{path} and {ROOT}.volumes[{first[name]}] must not have the same Name."
            yield Cause(text, f"{path}.name")
        first.setdefault(name, index)
        if len(volume.keys() - {"name"}) != 1:
            yield Cause(f"{path} must have exactly one source type set", path)
        for key in ("cloudInitConfigDrive", "cloudInitNoCloud"):
            if key in volume:
                yield from _cloud_init(f"{path}.{key}", volume[key] or {})


def _cloud_init(path: str, source: Json) -> Iterator[Cause]:
    users = [key for key in ("userData", "userDataBase64", "secretRef") if source.get(key)]
    nets = [key for key in ("networkData", "networkDataBase64", "networkDataSecretRef") if source.get(key)]
    if len(users) > 1:
        yield Cause(f"{path} must have only one userdatasource set.", path)
    if not users and not nets:
        yield Cause(f"{path} must have at least one userdatasource or one networkdatasource set.", path)
    for word, key, better in (
        ("userdata", "userData", "UserDataSecretRef"),
        ("networkdata", "networkData", "NetworkDataSecretRef"),
    ):
        size, packed = len((source.get(key) or "").encode()), source.get(f"{key}Base64")
        if packed:
            try:
                size = len(base64.b64decode(packed, validate=True))
            except binascii.Error:
                name = path.rpartition(".")[2]
                text = f"{path}.{key}Base64.{name}.{key}Base64 is not a valid base64 value."
                yield Cause(text, f"{path}.{key}Base64")
        if size > INLINE_BYTES:
            yield Cause(f"{path} {word} exceeds {INLINE_BYTES} byte limit. Should use {better} for larger data.", path)


def _networks(spec: Json) -> Iterator[Cause]:
    networks = spec.get("networks") or []
    names = [network.get("name") for network in networks]
    nics = {nic.get("name") for nic in _interfaces(spec)}
    if sum("pod" in network for network in networks) > 1:
        text = f"more than one interface is connected to a pod network in {ROOT}.interfaces"
        yield Cause(text, f"{ROOT}.interfaces", "FieldValueDuplicate")
    for index, name in enumerate(names):
        path = f"{ROOT}.networks[{index}].name"
        if name in names[:index]:
            text = f'Network with name "{name}" already exists, every network must have a unique name'
            yield Cause(text, path, "FieldValueDuplicate")
        elif name not in nics:
            yield Cause(f"{path} '{name}' not found.", path, "FieldValueRequired")


def _nics(spec: Json) -> Iterator[Cause]:
    networks = {network.get("name"): network for network in spec.get("networks") or []}
    for index, nic in enumerate(_interfaces(spec)):
        path, name = f"{DEVICES}.interfaces[{index}]", nic.get("name", "")
        network = networks.get(name)
        if "slirp" in nic:
            field = f"spec.domain.devices.interfaces[{index}].slirp"
            yield Cause("Slirp interface support has been discontinued since v1.3", field)
            continue
        if "masquerade" in nic and (network is None or "pod" not in network):
            yield Cause("Masquerade interface only implemented with pod network", f"{path}.name")
        if network is None:
            yield Cause(f"{path}.name '{name}' not found.", f"{path}.name")
        bound = sum(key in nic for key in BINDINGS) + ("binding" in nic)
        if bound != 1 and nic.get("state") != "absent":
            text = f"logical {name} interface must have exactly one binding method or binding plugin"
            yield Cause(text, path)
        yield from _nic_words(path, nic, name)


def _nic_words(path: str, nic: Json, name: str) -> Iterator[Cause]:
    mac = nic.get("macAddress")
    if mac and not _MAC.match(mac):
        yield Cause(f"interface {path}.name has malformed MAC address ({mac}).", f"{path}.macAddress")
    elif mac and len(re.split("[:-]", mac)) > MAC_PARTS:
        yield Cause(f"interface {path}.name has too long MAC address ({mac}).", f"{path}.macAddress")
    if nic.get("model") and nic["model"] not in MODELS:
        text = f"interface {path}.name uses model {nic['model']} that is not supported."
        yield Cause(text, f"{path}.model", "FieldValueNotSupported")
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        text = "Network interface name can only contain alphabetical characters, numbers, dashes (-) or underscores (_)"
        yield Cause(text, f"{path}.name")
    if nic.get("state") not in (None, "", "up", "down", "absent"):
        yield Cause(f"logical {name} interface state value is unsupported: {nic['state']}", f"{path}.state")
    for index, port in enumerate(nic.get("ports") or []):
        if not 0 < port.get("port", 0) < 65536:
            yield Cause("Port field must be in range 0 < x < 65536.", f"{path}.ports[{index}].port")


def _machine(spec: Json) -> Iterator[Cause]:
    kind = _domain(spec, "machine").get("type", "q35")
    if not re.match(r"^(pc-)?q35", kind) and spec.get("architecture", "amd64") == "amd64":
        path = f"{ROOT}.domain.machine.type"
        yield Cause(f"{path} is not supported: {kind} (allowed values: [q35* pc-q35*])", path)
    loader = _domain(spec, "firmware").get("bootloader") or {}
    if "bios" in loader and "efi" in loader:
        path = f"{ROOT}.domain.firmware.bootloader"
        text = f"{path} has both EFI and BIOS configured, but they are mutually exclusive."
        yield Cause(text, path)
    smm = (_domain(spec, "features").get("smm") or {}).get("enabled", "smm" in _domain(spec, "features"))
    if "efi" in loader and (loader["efi"] or {}).get("secureBoot", True) and not smm:
        text = f"{ROOT}.domain has EFI SecureBoot enabled. SecureBoot requires SMM, which is currently disabled."
        yield Cause(text, f"{ROOT}.domain")


def _names(spec: Json) -> Iterator[Cause]:
    hostname = spec.get("hostname")
    if hostname:
        path = f"{ROOT}.hostname"
        wrong = "must be no more than 63 characters" if len(hostname) > 63 else _LABEL_TEXT
        if len(hostname) > 63 or not _LABEL.match(hostname):
            yield Cause(f"{path} does not conform to the kubernetes DNS_LABEL rules : {wrong}", path)
    subdomain = spec.get("subdomain")
    if subdomain and not _SUBDOMAIN.match(subdomain):
        path = f"{ROOT}.subdomain"
        yield Cause(f"{path} does not conform to the kubernetes DNS_SUBDOMAIN rules : {_SUBDOMAIN_TEXT}", path)
    known = ("None", "LiveMigrate", "LiveMigrateIfPossible", "External")
    if spec.get("evictionStrategy") not in (None, *known):
        path = f"{ROOT}.evictionStrategy"
        yield Cause(f"{path} is set with an unrecognized option: {spec['evictionStrategy']}", path)


def _probes(spec: Json) -> Iterator[Cause]:
    for key in ("readinessProbe", "livenessProbe"):
        probe = spec.get(key) or {}
        if sum(one in probe for one in ("httpGet", "tcpSocket", "exec", "guestAgentPing")) > 1:
            yield Cause(f"{ROOT}.{key} must have exactly one probe type set", f"{ROOT}.{key}")


def _gates(spec: Json) -> Iterator[Cause]:
    """Refuse what needs a feature gate that a new KubeVirt has off."""
    devices = spec["domain"]["devices"]
    if devices.get("hostDevices"):
        yield Cause("Host Devices feature gate is not enabled in kubevirt-config", f"{ROOT}.HostDevices")
    if devices.get("autoattachVSOCK"):
        yield Cause("VSOCK feature gate is not enabled in kubevirt-config", f"{DEVICES}.autoattachVSOCK")
    claims = set()
    for index, volume in enumerate(spec.get("volumes") or []):
        if "hostDisk" in volume:
            yield Cause("HostDisk feature gate is not enabled", f"{ROOT}.volumes[{index}]")
        if "persistentVolumeClaim" in volume or "dataVolume" in volume:
            claims.add(volume["name"])
    if any("virtiofs" in one and one.get("name") in claims for one in devices.get("filesystems") or []):
        text = "virtiofs is not allowed: virtiofs feature gate is not enabled for PVC"
        yield Cause(text, f"{DEVICES}.filesystems")


def _credentials(spec: Json) -> Iterator[Cause]:
    drives = {key for volume in spec.get("volumes") or [] for key in volume}
    kinds = (("noCloud", "cloudInitNoCloud"), ("configDrive", "cloudInitConfigDrive"))
    for index, credential in enumerate(spec.get("accessCredentials") or []):
        method = (credential.get("sshPublicKey") or {}).get("propagationMethod") or {}
        for name, volume in kinds:
            if name in method and volume not in drives:
                path = f"{ROOT}.accessCredentials[{index}]"
                text = f"{path} requires a {name} volume to exist when the {name} propagationMethod is in use."
                yield Cause(text, f"{path}.sshPublicKey.propagationMethod")


_RULES: tuple[Callable[[Json], Iterator[Cause]], ...] = (
    _sockets,
    _nics,
    _networks,
    _cpu_and_memory,
    _disk_names,
    _disk_shapes,
    _volume_shapes,
    _machine,
    _names,
    _probes,
    _gates,
    _credentials,
    _sockets,  # KubeVirt says it twice
)
