"""Kubernetes -> OpenStack for hypervisors, at the newest microversion. Pure."""

from __future__ import annotations

import re
from typing import Any

from dicot import names
from dicot.compute import nodes
from dicot.kube.quantity import mebibytes, number

Json = dict[str, Any]

_MODEL = "host-model-cpu.node.kubevirt.io/"
_ARCHITECTURES = {"amd64": "x86_64", "arm64": "aarch64"}


def brief(node: Json, *, up: bool, disabled: bool) -> Json:
    """Name a hypervisor, as the list without details does."""
    return {
        "id": node["metadata"]["uid"],
        "hypervisor_hostname": node["metadata"]["name"],
        "state": "up" if up else "down",
        "status": "disabled" if disabled else "enabled",
    }


def full(node: Json, *, up: bool, disabled: bool) -> Json:
    """Describe a hypervisor."""
    meta, status = node["metadata"], node.get("status") or {}
    addresses = [one["address"] for one in status.get("addresses") or () if one["type"] == "InternalIP"]
    return {
        **brief(node, up=up, disabled=disabled),
        "hypervisor_type": "QEMU",
        "hypervisor_version": _version((status.get("nodeInfo") or {}).get("kubeletVersion", "")),
        "host_ip": addresses[0] if addresses else None,
        "service": {
            "id": nodes.service_id(node),
            "host": meta["name"],
            "disabled_reason": nodes.disabled_reason(node),
        },
        "uptime": None,
    }


def _version(text: str) -> int:
    """Spell a version as libvirt does: 1.36.2 is 1036002."""
    parts = [int(part) for part in re.findall(r"\d+", text)[:3]]
    return sum(part * 1000 ** (2 - place) for place, part in enumerate(parts))


def sizes(node: Json, instances: list[Json]) -> Json:
    """Tell how large a node is and how much of it instances take; memory in MiB, disk in GiB."""
    have = (node.get("status") or {}).get("allocatable") or {}
    memory_mib, disk_gib = mebibytes(have.get("memory", 0)), mebibytes(have.get("ephemeral-storage", 0)) // 1024
    used_mib = sum(_memory(vmi) for vmi in instances)
    return {
        "vcpus": int(number(have.get("cpu", 0))),
        "memory_mb": memory_mib,
        "local_gb": disk_gib,
        "vcpus_used": sum(_vcpus(vmi) for vmi in instances),
        "memory_mb_used": used_mib,
        "local_gb_used": 0,
        "free_ram_mb": memory_mib - used_mib,
        "free_disk_gb": disk_gib,
        "current_workload": 0,
        "running_vms": len(instances),
        "disk_available_least": disk_gib,
    }


def _vcpus(vmi: Json) -> int:
    cpu = vmi["spec"]["domain"].get("cpu") or {}
    return int(cpu.get("sockets", 1)) * int(cpu.get("cores", 1)) * int(cpu.get("threads", 1))


def _memory(vmi: Json) -> int:
    domain = vmi["spec"]["domain"]
    requests = (domain.get("resources") or {}).get("requests") or {}
    return mebibytes((domain.get("memory") or {}).get("guest") or requests.get("memory") or 0)


def processor(node: Json) -> Json:
    """Describe a node's processor, as far as KubeVirt labels it."""
    labels = names.labels_of(node)
    architecture = labels.get("kubernetes.io/arch", "")
    models = [key[len(_MODEL) :] for key in labels if key.startswith(_MODEL)]
    return {
        "arch": _ARCHITECTURES.get(architecture, architecture),
        "model": models[0] if models else None,
        "features": list[str](),
        "topology": Json(),
    }
