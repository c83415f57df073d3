"""Kubernetes -> OpenStack for servers, at the newest microversion. Pure.

A view is made in two steps: `server` from the objects alone, so that it can be kept as long as they stay, and `linked`
for a request, because links are spelt as the client spelt the host.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from dicot import names
from dicot.compute import annotated
from dicot.compute.servers import config_drive, machine_disks, marks
from dicot.compute.servers.changes import BEFORE_EMBEDDING
from dicot.compute.servers.status import State

Json = dict[str, Any]

_PROGRESS = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
_FAULTS = frozenset({"ERROR", "DELETED"})
_USER_ID = re.compile("[a-zA-Z0-9-]{1,255}")
_IMAGE_PROPERTIES = ("hw_", "os_", "img_")
_EXTENDED = "OS-EXT-SRV-ATTR:"
HOST_NAME = f"{_EXTENDED}hostname"
_FOR_ADMINISTRATORS = frozenset(
    {
        "host_status",
        *(
            f"{_EXTENDED}{key}"
            for key in (
                "host",
                "instance_name",
                "hypervisor_hostname",
                "kernel_id",
                "launch_index",
                "ramdisk_id",
                "reservation_id",
                "root_device_name",
                "user_data",
            )
        ),
    }
)


class Beside(msgspec.Struct, frozen=True):
    """What a server's view shows that its VirtualMachine and instance do not say themselves."""

    project_id: str
    addresses: dict[str, list[Json]]
    security_groups: tuple[str, ...]
    zone: str
    host_status: str
    attached: tuple[tuple[str, bool], ...]
    """Volumes by id, and whether each dies with the server."""
    flavor: Json
    image_id: str
    server_group: str
    """The id of the group that it is in, "" for none."""
    task: str = ""
    """What is done to it by objects of their own, as Nova names the task; "" for nothing."""


def server(vm: Json, vmi: Json | None, state: State, beside: Beside) -> Json:
    """Describe a server in full, without links, with everything that an administrator may see."""
    meta, told = vm["metadata"], names.annotations_of(vm)
    building = state.vm_state == "building"
    updated = _updated(vm, vmi)
    described: Json = {
        "accessIPv4": _address(told.get(marks.ACCESS_IPV4, ""), 4),
        "accessIPv6": _address(told.get(marks.ACCESS_IPV6, ""), 6),
        "addresses": {} if building else beside.addresses,
        "created": meta["creationTimestamp"],
        "flavor": {key: value for key, value in beside.flavor.items() if key != "id"},
        BEFORE_EMBEDDING: beside.flavor["id"],
        "hostId": _host_id(beside.project_id, vmi),
        "id": names.identity_of(vm, "server"),
        "image": _image(vm, beside.image_id),
        "links": [],
        "metadata": marks.metadata(vm),
        "name": names.display_name(vm),
        "status": state.status,
        "tenant_id": beside.project_id,
        "user_id": _maker(told),
        "updated": updated,
        "OS-DCF:diskConfig": "AUTO" if told.get(marks.DISK_CONFIG) == "AUTO" else "MANUAL",
    }
    if state.status in _FAULTS and marks.DECLARED not in told:
        described["fault"] = {"code": 500, "created": state.since or updated, "message": state.message or "Error"}
    if state.status in _PROGRESS:
        described["progress"] = 0  # Nova counts only while it migrates
    described |= {
        "OS-EXT-AZ:availability_zone": beside.zone or told.get(marks.ZONE, ""),
        "config_drive": "True" if _has_config_drive(vm) else "",
        "key_name": told.get(marks.KEY_NAME),
        "OS-SRV-USG:launched_at": _launched(vmi),
        "OS-SRV-USG:terminated_at": None,
    }
    if beside.security_groups:
        described["security_groups"] = [{"name": name} for name in beside.security_groups]
    described |= _extended(vm, vmi)
    described |= {
        "OS-EXT-STS:task_state": state.task_state,
        "OS-EXT-STS:vm_state": state.vm_state,
        "OS-EXT-STS:power_state": state.power_state,
        "os-extended-volumes:volumes_attached": [
            {"id": volume_id, "delete_on_termination": dies} for volume_id, dies in beside.attached
        ],
    }
    described |= _since(vm, beside.host_status, beside.server_group)
    return described


def _maker(told: Mapping[str, str]) -> str:
    """Return who made the server; Kubernetes where nobody is named, or by what is no id."""
    user_id = told.get(marks.USER_ID, "")
    return user_id if _USER_ID.fullmatch(user_id) else "kubernetes"


def _address(text: str, version: int) -> str:
    """Return an address of this IP version in its short form, "" for anything else: anyone may write annotations."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    return str(address) if address.version == version else ""


def _since(vm: Json, host_status: str, group: str) -> Json:
    """Describe what microversions have added, in their order."""
    told = names.annotations_of(vm)
    lock = marks.lock(vm)
    return {
        "locked": lock is not None,
        "host_status": host_status,
        "description": told.get(names.DESCRIPTION),
        "tags": marks.tags(vm),
        "trusted_image_certificates": None,
        "server_groups": [group] if group else [],
        "locked_reason": lock.reason if lock is not None else None,
        HOST_NAME: told.get(marks.HOSTNAME) or _host_name(vm),
        "pinned_availability_zone": told.get(marks.ZONE),
        "scheduler_hints": marks.hints(vm),
    }


def _host_name(vm: Json) -> str:
    return str(vm["spec"]["template"]["spec"].get("hostname") or vm["metadata"]["name"].partition(".")[0])


def _extended(vm: Json, vmi: Json | None) -> Json:
    meta, told = vm["metadata"], names.annotations_of(vm)
    node = ((vmi or {}).get("status") or {}).get("nodeName")
    return {
        f"{_EXTENDED}host": node,
        f"{_EXTENDED}instance_name": f"{meta['namespace']}_{meta['name']}",
        f"{_EXTENDED}hypervisor_hostname": node,
        f"{_EXTENDED}kernel_id": "",
        f"{_EXTENDED}launch_index": annotated.integer(vm, marks.LAUNCH_INDEX) or 0,
        f"{_EXTENDED}ramdisk_id": "",
        f"{_EXTENDED}reservation_id": told.get(marks.RESERVATION, ""),
        f"{_EXTENDED}root_device_name": _root_device(vm, vmi),
        f"{_EXTENDED}user_data": _user_data(vm),
    }


def linked(view: Json, prefix: str, *, path: str, root: str, administrator: bool) -> Json:
    """Complete a view for one request: links, and only what this caller may see. `prefix`: scheme and host."""
    server_id = view["id"]
    shown = view if administrator else {key: view[key] for key in view if key not in _FOR_ADMINISTRATORS}
    image = view["image"]
    if image:
        href = f"{prefix}{root}/images/{image['id']}"
        image = {"id": image["id"], "links": [{"rel": "bookmark", "href": href}], "properties": image["properties"]}
    flavor_id = view[BEFORE_EMBEDDING]
    flavor_link = {"rel": "bookmark", "href": f"{prefix}{root}/flavors/{flavor_id}"}
    return {
        **shown,
        BEFORE_EMBEDDING: {"id": flavor_id, "links": [flavor_link]},
        "image": image,
        "links": links(server_id, prefix, path=path, root=root),
    }


def links(server_id: str, prefix: str, *, path: str, root: str) -> list[Json]:
    """Link to a server, with its version and without."""
    return [
        {"rel": "self", "href": f"{prefix}{path}/servers/{server_id}"},
        {"rel": "bookmark", "href": f"{prefix}{root}/servers/{server_id}"},
    ]


def _image(vm: Json, image_id: str) -> Json | str:
    if not image_id:
        return ""
    kept = marks.image_properties(vm)
    return {"id": image_id, "properties": {key: kept[key] for key in kept if key.startswith(_IMAGE_PROPERTIES)}}


def _host_id(project_id: str, vmi: Json | None) -> str:
    node = ((vmi or {}).get("status") or {}).get("nodeName")
    return hashlib.sha224(f"{project_id}{node}".encode()).hexdigest() if node else ""


def _updated(vm: Json, vmi: Json | None) -> str:
    times = [vm["metadata"]["creationTimestamp"]]
    for obj in (vm, vmi):
        if obj is not None:
            times += [entry.get("time") or "" for entry in obj["metadata"].get("managedFields") or ()]
            conditions = (obj.get("status") or {}).get("conditions") or ()
            times += [condition.get("lastTransitionTime") or "" for condition in conditions]
    return str(max(times))


def launched(vmi: Json | None) -> str:
    """Tell when an instance began to run, as Kubernetes spells times; "" if it has not."""
    for step in ((vmi or {}).get("status") or {}).get("phaseTransitionTimestamps") or ():
        if step["phase"] == "Running":
            return str(step["phaseTransitionTimestamp"])
    return ""


def _launched(vmi: Json | None) -> str | None:
    time = launched(vmi)
    return f"{time.removesuffix('Z')}.000000" if time else None


def _has_config_drive(vm: Json) -> bool:
    volumes = vm["spec"]["template"]["spec"].get("volumes") or ()
    return any(config_drive.is_one(volume) for volume in volumes)


def _user_data(vm: Json) -> str | None:
    """Show user data that stands in the machine itself; what is in a Secret stays there."""
    for volume in vm["spec"]["template"]["spec"].get("volumes") or ():
        drive = volume.get("cloudInitConfigDrive") or volume.get("cloudInitNoCloud") or {}
        if "userDataBase64" in drive:
            return str(drive["userDataBase64"])
        if drive.get("userData"):
            return base64.b64encode(drive["userData"].encode()).decode()
    return None


def _root_device(vm: Json, vmi: Json | None) -> str:
    first = machine_disks.root(vm)
    if first is not None:
        for volume in ((vmi or {}).get("status") or {}).get("volumeStatus") or ():
            if volume["name"] == first["name"] and volume.get("target"):
                return f"/dev/{volume['target']}"
    return "/dev/vda"


def created(server_id: str, links: list[Json], *, disk_config: str, groups: list[Json], password: str) -> Json:
    """Answer a creation. The password is told only if it reaches the guest."""
    answer: Json = {
        "id": server_id,
        "links": links,
        "OS-DCF:diskConfig": disk_config,
        "security_groups": groups,
    }
    if password:
        answer["adminPass"] = password
    return answer
