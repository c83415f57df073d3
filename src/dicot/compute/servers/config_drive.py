"""The files of a server's config drive, as Nova writes them and cloud-init reads them, and the volume with them. Pure.

Nothing secret may stand here: the files travel in annotations, which whoever may read the machine reads.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import msgspec

from dicot.compute.servers import marks

if TYPE_CHECKING:
    from dicot.compute.servers.manifest import Plan

Json = dict[str, Any]

LABEL = "config-2"
"""By which guests know a config drive."""
VOLUME = "config"
SEED_BYTES = 512
META_DATA, NETWORK_DATA = "dicot.io/config-drive-meta-data", "dicot.io/config-drive-network-data"
_FILES = {
    "meta_data.json": META_DATA,
    "network_data.json": NETWORK_DATA,
    "vendor_data.json": "dicot.io/config-drive-vendor-data",
    "vendor_data2.json": "dicot.io/config-drive-vendor-data",
}
"""The annotation that holds each file of `openstack/latest`."""
_NOWHERE = "none"
"""What Nova says of a device's bus and address when it does not know them."""


class Drive(msgspec.Struct, frozen=True, kw_only=True):
    """What only a config drive tells, beside what a server is. `zone` None: it is not known before it is placed."""

    project_id: str
    zone: str | None
    random_seed: bytes
    networks: tuple[Json, ...]
    """Of each interface, in their order: port_id, network_id, versions (of IP)."""


def meta_data(plan: Plan, drive: Drive) -> Json:
    """Describe the server (nova/api/metadata/base.py: _metadata_as_json)."""
    told: Json = {"uuid": plan.server_id}
    if plan.metadata:
        told["meta"] = plan.metadata
    return told | {
        **keys(plan.key_name, plan.public_key),
        "hostname": plan.hostname,
        "name": plan.display,
        "launch_index": plan.launch_index,
        "availability_zone": drive.zone,
        "random_seed": base64.b64encode(drive.random_seed).decode(),
        "project_id": drive.project_id,
        "devices": [*_nics(plan), *_disks(plan)],
        "dedicated_cpus": [],
    }


def keys(name: str, public_key: str) -> Json:
    """Tell a public key in both of Nova's ways; nothing where there is none."""
    if not public_key:
        return {}
    return {"public_keys": {name: public_key}, "keys": [{"name": name, "type": "ssh", "data": public_key}]}


def _nics(plan: Plan) -> list[Json]:
    return [
        {
            "vf_trusted": False,
            "type": "nic",
            "mac": one["macAddress"],
            "bus": _NOWHERE,
            "address": _NOWHERE,
            "tags": [one["tag"]],
        }
        for one in plan.interfaces
        if "tag" in one
    ]


def _disks(plan: Plan) -> list[Json]:
    return [
        {
            "type": "disk",
            **({"serial": one.serial} if one.serial else {}),
            "bus": _NOWHERE,
            "address": _NOWHERE,
            "tags": [one.tag],
        }
        for one in plan.disks
        if one.tag
    ]


def network_data(plan: Plan, drive: Drive) -> Json:
    """Describe interfaces by their MAC address; addresses come by DHCP, which KubeVirt answers for every interface."""
    links: list[Json] = []
    networks: list[Json] = []
    for interface, network in zip(plan.interfaces, drive.networks, strict=True):
        link = f"tap{network['port_id'][:11]}"
        links.append(
            {
                "id": link,
                "vif_id": network["port_id"],
                "type": "phy",
                "ethernet_mac_address": interface["macAddress"],
            }
        )
        networks += [
            {
                "id": f"network{len(networks) + place}",
                "type": f"ipv{version}_dhcp",
                "link": link,
                "network_id": network["network_id"],
            }
            for place, version in enumerate(network["versions"])
        ]
    return {"links": links, "networks": networks, "services": []}


def annotations(plan: Plan, drive: Drive) -> dict[str, str]:
    """Return the files, as annotations of the instance, from where they get to the drive."""
    files: dict[str, Json] = {
        "meta_data.json": meta_data(plan, drive),
        "network_data.json": network_data(plan, drive),
        "vendor_data.json": {},
    }
    return {_FILES[name]: marks.write(content) for name, content in files.items()}


def no_annotations() -> dict[str, str | None]:
    """Return what removes the files."""
    return dict.fromkeys(_FILES.values())


def read_meta_data(vm: Json) -> Json:
    """Return `meta_data.json` as a machine has it; {} where somebody has spoilt it."""
    try:
        return msgspec.json.decode(_noted(vm, META_DATA), type=Json)
    except msgspec.DecodeError:
        return {}


def read_network_data(vm: Json) -> str:
    """Return `network_data.json` as a machine has it."""
    return _noted(vm, NETWORK_DATA) or "{}"


def _noted(vm: Json, annotation: str) -> str:
    return str(((vm["spec"]["template"].get("metadata") or {}).get("annotations") or {}).get(annotation, ""))


def volume() -> Json:
    """Describe the volume: KubeVirt makes an ISO of it, with the paths as they are given."""
    fields = [
        {"path": f"openstack/latest/{name}", "fieldRef": {"fieldPath": f"metadata.annotations['{annotation}']"}}
        for name, annotation in _FILES.items()
    ]
    return {"name": VOLUME, "downwardAPI": {"volumeLabel": LABEL, "fields": fields}}


def is_one(volume: Json) -> bool:
    """Tell whether a machine's volume is a config drive: KubeVirt's own, or one with the files above."""
    return "cloudInitConfigDrive" in volume or (volume.get("downwardAPI") or {}).get("volumeLabel") == LABEL
