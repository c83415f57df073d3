"""The extra specs that Nova knows, and what value each takes. Data, and one check in Nova's words; pure.

Traits and resource classes are accepted by the form of their names: which of them exist is for a cluster to say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from dicot.api.errors import BadRequest

Check = Callable[[str], str]
"""Returns what is wrong with a value, or ""."""

_BOOLEANS = frozenset(("1", "t", "true", "on", "y", "yes", "0", "f", "false", "off", "n", "no"))
_CPUS = r"\^?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"


def _text(_: str) -> str:
    return ""


def _boolean(value: str) -> str:
    return "" if value.lower() in _BOOLEANS else f"'{value}' is not a valid boolean-like value."


def _integer(least: int | None = None, most: int | None = None) -> Check:
    def check(value: str) -> str:
        try:
            number = int(value)
        except ValueError:
            return f"'{value}' is not a valid integer value."
        if most is not None and number > most:
            return f"'{number}' is greater than the max value of '{most}'."
        if least is not None and number < least:
            return f"'{number}' is less than the min value of '{least}'."
        return ""

    return check


def _one_of(*values: str) -> Check:
    return lambda value: "" if value in values else f"'{value}' is not one of: {', '.join(values)}."


def _like(pattern: str) -> Check:
    return lambda value: "" if re.fullmatch(pattern, value) else f"'{value}' is not of the format '{pattern}'."


def _each(namespace: str, names: str, check: Check) -> Iterable[tuple[str, Check]]:
    return ((f"{namespace}:{name}", check) for name in names.split())


_NATURAL, _POSITIVE = _integer(0), _integer(1)
_SHARES = _one_of("custom", "high", "normal", "low")

NAMES: dict[str, Check] = {
    "group_policy": _one_of("isolate", "none"),
    "hide_hypervisor_id": _boolean,
    "accel:device_profile": _text,
    "os:secure_boot": _one_of("disabled", "required"),
    "pci_passthrough:alias": _like(r"[^:]+:\d+(?:\s*,\s*[^:]+:\d+)*"),
    "vmware:hw_version": _text,
    "vmware:storage_policy": _text,
    "hw_rng:allowed": _boolean,
    "hw_rng:rate_bytes": _NATURAL,
    "hw_rng:rate_period": _NATURAL,
    "hw_video:ram_max_mb": _NATURAL,
    **dict(
        _each(
            "hw",
            "boot_menu cpu_realtime ephemeral_encryption hide_hypervisor_id locked_memory mem_encryption pmu "
            "vif_multiqueue_enabled virtio_packed_ring",
            _boolean,
        )
    ),
    **dict(
        _each(
            "hw",
            "cpu_cores cpu_max_cores cpu_max_sockets cpu_max_threads cpu_sockets cpu_threads numa_nodes",
            _POSITIVE,
        )
    ),
    "hw:cpu_dedicated_mask": _like(_CPUS),
    "hw:cpu_policy": _one_of("dedicated", "shared", "mixed"),
    "hw:cpu_realtime_mask": _like(r"(\^)?\d+((-\d+)?(,\^?\d+(-\d+)?)?)*"),
    "hw:cpu_thread_policy": _one_of("prefer", "isolate", "require"),
    "hw:emulator_threads_policy": _one_of("isolate", "share"),
    "hw:ephemeral_encryption_format": _one_of("plain", "luks", "luksv2"),
    "hw:mem_encryption_model": _one_of("amd-sev", "amd-sev-es", "amd-sev-snp", "intel-tdx"),
    "hw:mem_page_size": _like(r"(large|small|any|\d+([kKMGT]i?)?(b|bit|B)?)"),
    "hw:pci_numa_affinity_policy": _one_of("required", "preferred", "legacy", "socket"),
    "hw:pmem": _like(r"([a-zA-Z0-9_]+(,)?)+"),
    "hw:redirected_usb_ports": _integer(0, 15),
    "hw:serial_port_count": _NATURAL,
    "hw:sound_model": _one_of("sb16", "es1370", "pcspk", "ac97", "ich6", "ich9", "usb", "virtio"),
    "hw:tpm_model": _one_of("tpm-tis", "tpm-crb"),
    "hw:tpm_secret_security": _one_of("user", "host", "deployment"),
    "hw:tpm_version": _one_of("1.2", "2.0"),
    "hw:usb_model": _one_of("none", "nec-xhci", "qemu-xhci"),
    "hw:viommu_model": _one_of("intel", "smmuv3", "virtio", "auto"),
    "hw:watchdog_action": _one_of("none", "pause", "poweroff", "reset", "disabled"),
    **dict(
        _each(
            "quota",
            "cpu_limit cpu_period cpu_shares cpu_shares_share disk_io_limit disk_io_shares_share disk_read_bytes_sec "
            "disk_read_iops_sec disk_total_bytes_sec disk_total_iops_sec disk_write_bytes_sec disk_write_iops_sec "
            "memory_limit memory_shares_share vif_inbound_average vif_inbound_burst vif_inbound_peak vif_limit "
            "vif_outbound_average vif_outbound_burst vif_outbound_peak vif_shares_share",
            _NATURAL,
        )
    ),
    **dict(
        _each("quota", "cpu_quota cpu_reservation disk_io_reservation memory_reservation vif_reservation", _integer())
    ),
    **dict(_each("quota", "cpu_shares_level disk_io_shares_level memory_shares_level vif_shares_level", _SHARES)),
    **dict(
        _each(
            "capabilities",
            "aggregates cell_uuid cpu_allocation_ratio current_workload disk_allocation_ratio disk_available_least "
            "disk_mb_used failed_builds free_disk_gb free_disk_mb free_ram_mb host host_ip hypervisor_hostname "
            "hypervisor_type hypervisor_version id local_gb local_gb_used mapped memory_mb memory_mb_used "
            "num_instances num_io_ops ram_allocation_ratio running_vms service_id total_usable_disk_gb "
            "total_usable_ram_mb updated uuid vcpus vcpus_total vcpus_used",
            _text,
        )
    ),
}

_GROUP = r"([a-zA-Z0-9_-]{1,64})?"
PATTERNS: tuple[tuple[re.Pattern[str], Check], ...] = (
    (re.compile(r"aggregate_instance_extra_specs:.+"), _text),
    (
        re.compile(
            "capabilities:(cpu_info|instances|limits|metrics|nodename|numa_topology|pci_device_pools|pci_stats|stats|"
            r"supported_hv_specs|supported_instances)(:\w+)*"
        ),
        _text,
    ),
    (re.compile(r"hw:numa_cpus\.\d+"), _like(_CPUS)),
    (re.compile(r"hw:numa_mem\.\d+"), _POSITIVE),
    (re.compile(f"resources{_GROUP}:[A-Z0-9_]+"), _integer()),
    (re.compile(f"trait{_GROUP}:[A-Z0-9_]+"), _one_of("required", "forbidden")),
)
_NAMESPACES = re.compile(
    "accel|aggregate_instance_extra_specs|capabilities|hw|hw_rng|hw_video|os|pci_passthrough|quota|vmware|"
    f"resources{_GROUP}|trait{_GROUP}"
)


def check(name: str, value: str) -> None:
    """Raise BadRequest, in Nova's words, if an extra spec of a known namespace is unknown or its value does not fit."""
    known = NAMES.get(name) or next((one for pattern, one in PATTERNS if pattern.fullmatch(name)), None)
    if known is not None:
        wrong = known(value)
    else:
        namespace, colon, _ = name.partition(":")
        ours = bool(colon) and _NAMESPACES.fullmatch(namespace) is not None
        wrong = f"extra spec '{name}' does not appear to be a valid extra spec." if ours else ""
    if wrong:
        raise BadRequest(f"Validation failed; {wrong}")
