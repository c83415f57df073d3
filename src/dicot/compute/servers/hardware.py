"""What a machine is by the properties of its image, changed for another image: as operations of a JSON patch. Pure.

What a request chose against its image stays as it was chosen.
"""

from __future__ import annotations

from typing import Any

from dicot.compute.servers import machine_disks, manifest, revision, sources

Json = dict[str, Any]
Properties = dict[str, str]

_DOMAIN = ("spec", "template", "spec", "domain")
_DEVICES = (*_DOMAIN, "devices")


def operations(vm: Json, old: Properties, new: Properties) -> list[Json]:
    """Change firmware, the bus of the root disk and the model of interfaces to what the new image asks for."""
    domain = vm["spec"]["template"]["spec"]["domain"]
    firmware = {key: value for key, value in (domain.get("firmware") or {}).items() if key != "bootloader"}
    features = {key: value for key, value in (domain.get("features") or {}).items() if key != "smm"}
    if manifest.needs_secure_boot(new):
        features["smm"] = {"enabled": True}
    root = (machine_disks.root(vm) or {"name": ""})["name"]
    disks = [_disk(one, old, new) if one["name"] == root else one for one in machine_disks.disks(vm)]
    interfaces = [_interface(one, old, new) for one in (domain.get("devices") or {}).get("interfaces") or ()]
    return [
        *_set(vm, (*_DOMAIN, "firmware"), {**firmware, **manifest.bootloader(new)} or None),
        *_set(vm, (*_DOMAIN, "features"), features or None),
        *(_set(vm, (*_DEVICES, "disks"), disks) if disks else ()),
        *(_set(vm, (*_DEVICES, "interfaces"), interfaces) if interfaces else ()),
    ]


def _set(vm: Json, path: tuple[str, ...], value: Any) -> list[Json]:
    parent: Any = vm
    for key in path[:-1]:
        parent = parent[key]
    return revision.replaced(vm, path, value) if parent.get(path[-1]) != value else []


def _disk(disk: Json, old: Properties, new: Properties) -> Json:
    was, now = (sources.usual_bus(one.get("hw_disk_bus", "virtio")) for one in (old, new))
    return {**disk, "disk": {**disk["disk"], "bus": now}} if (disk.get("disk") or {}).get("bus") == was else disk


def _interface(interface: Json, old: Properties, new: Properties) -> Json:
    if interface.get("model") == old.get("hw_vif_model"):
        interface = {key: value for key, value in interface.items() if key != "model"}
    return manifest.interface(interface, new)
