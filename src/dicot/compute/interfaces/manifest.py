"""OpenStack -> Kubernetes for a server's network interfaces: operations of a JSON patch of its VirtualMachine. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dicot.compute.servers import manifest, marks
from dicot.compute.servers.revision import replaced
from dicot.network.plug import Nic

Json = dict[str, Any]

_SPEC = ("spec", "template", "spec")
_DEVICES = (*_SPEC, "domain", "devices")
_METADATA = ("spec", "template", "metadata")


def networks(vm: Json) -> list[Json]:
    """Return the networks of a machine's template."""
    return vm["spec"]["template"]["spec"].get("networks") or []


def interfaces(vm: Json) -> list[Json]:
    """Return the interfaces of a machine's template."""
    devices = vm["spec"]["template"]["spec"]["domain"].get("devices") or {}
    return devices.get("interfaces") or []


def place(vm: Json, *, hot: bool) -> int:
    """Tell where one more interface goes: into the pod's own place (0) if that is free and the guest does not run."""
    has_pod = any("pod" in one for one in networks(vm))
    return max(len(networks(vm)), 1) if hot or has_pod else 0


def plugged(vm: Json, nic: Nic) -> list[Json]:
    """Add a port to what the machine has."""
    interface = manifest.interface(nic.interface, marks.image_properties(vm))
    return [
        *replaced(vm, (*_SPEC, "networks"), [*networks(vm), nic.network]),
        *replaced(vm, (*_DEVICES, "interfaces"), [*interfaces(vm), interface]),
        *_told(vm, annotations=nic.annotations, labels=nic.labels),
    ]


def unplugged(vm: Json, name: str, annotations: Iterable[str], labels: Iterable[str]) -> list[Json]:
    """Take an interface out of a machine that does not run, with what its template says of it by these keys."""
    left = [one for one in interfaces(vm) if one["name"] != name]
    operations = [
        *replaced(vm, (*_SPEC, "networks"), [one for one in networks(vm) if one["name"] != name]),
        *replaced(vm, (*_DEVICES, "interfaces"), left),
    ]
    if not left:
        operations += replaced(vm, (*_DEVICES, "autoattachPodInterface"), False)
    return [*operations, *_told(vm, annotations=dict.fromkeys(annotations), labels=dict.fromkeys(labels))]


def leaving(vm: Json, name: str, annotations: Iterable[str], labels: Iterable[str]) -> list[Json]:
    """Let KubeVirt take an interface out of the running guest, and its entries out of the machine when it is gone."""
    changed = [{**one, "state": "absent"} if one["name"] == name else one for one in interfaces(vm)]
    return [
        *replaced(vm, (*_DEVICES, "interfaces"), changed),
        *_told(vm, annotations=dict.fromkeys(annotations), labels=dict.fromkeys(labels)),
    ]


def _told(vm: Json, **changes: dict[str, str] | dict[str, None]) -> list[Json]:
    """Change annotations and labels of the template; None removes one."""
    old: Json = vm["spec"]["template"].get("metadata") or {}
    new = dict(old)
    for field, changed in changes.items():
        if changed:
            merged = {**(old.get(field) or {}), **changed}
            new[field] = {key: value for key, value in merged.items() if value is not None}
    return replaced(vm, _METADATA, new) if new != old else []
