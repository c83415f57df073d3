"""Instancetypes and preferences: found, pinned in a ControllerRevision, and applied to an instance.

Pure. KubeVirt 1.9 pins in status.instancetypeRef and leaves spec.instancetype.revisionName empty.
"""

import copy

from dicot.devcluster.controllers.objects import name_of, namespace_of, owner_reference, uid_of
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import (
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    CONTROLLER_REVISIONS,
    INSTANCETYPES,
    PREFERENCES,
    VIRTUAL_MACHINES,
    Kind,
)

_KINDS = {
    "instancetype": {
        "": CLUSTER_INSTANCETYPES,
        "virtualmachineclusterinstancetype": CLUSTER_INSTANCETYPES,
        "virtualmachineclusterinstancetypes": CLUSTER_INSTANCETYPES,
        "virtualmachineinstancetype": INSTANCETYPES,
        "virtualmachineinstancetypes": INSTANCETYPES,
    },
    "preference": {
        "": CLUSTER_PREFERENCES,
        "virtualmachineclusterpreference": CLUSTER_PREFERENCES,
        "virtualmachineclusterpreferences": CLUSTER_PREFERENCES,
        "virtualmachinepreference": PREFERENCES,
        "virtualmachinepreferences": PREFERENCES,
    },
}
_REFERENCE = {"instancetype": "instancetypeRef", "preference": "preferenceRef"}
_REASON = {"instancetype": "FailedFindInstancetype", "preference": "FailedFindPreference"}
# What of a source's metadata its revision does not keep.
_STRIPPED = ("managedFields", "labels", "annotations", "finalizers", "ownerReferences")
_TITLE = {"instancetype": "InstancetypeMatcher", "preference": "PreferenceMatcher"}


def kind_of(field: str, matcher: Json) -> Kind | None:
    """Say which kind a matcher names; the cluster-wide one if it names none, None for an unknown one."""
    return _KINDS[field].get((matcher.get("kind") or "").lower())


def find(vm: Json, field: str, world: World) -> Json | None:
    """Find the instancetype or preference object that the machine names."""
    matcher = vm["spec"].get(field) or {}
    kind = kind_of(field, matcher)
    if kind is None or not matcher.get("name"):
        return None
    return world.get(kind, matcher["name"], namespace_of(vm) if kind.namespaced else "")


def failure(vm: Json, world: World) -> tuple[str, str] | None:
    """Say why the machine cannot start: (reason, message) of a kind or an object that does not exist."""
    for field in ("instancetype", "preference"):
        matcher = vm["spec"].get(field) or {}
        if not matcher.get("name") or _pinned(vm, field) is not None:
            continue
        kind = kind_of(field, matcher)
        named = matcher.get("revisionName")
        if named and world.get(CONTROLLER_REVISIONS, named, namespace_of(vm)) is None:
            return _REASON[field], f'controllerrevisions.apps "{named}" not found'
        if kind is None:
            return _REASON[field], f"got unexpected kind in {_TITLE[field]}: {matcher['kind']}"
        if find(vm, field, world) is None:
            return _REASON[field], f'{kind.plural}.{kind.group} "{matcher["name"]}" not found'
    return None


def revision_name(vm: Json, source: Json) -> str:
    """Name the ControllerRevision that pins `source` for the machine."""
    generation = source["metadata"]["generation"]
    return f"{name_of(vm)}-{name_of(source)}-v1beta1-{uid_of(source)}-{generation}"


def missing_revisions(vm: Json, world: World) -> list[Json]:
    """Write the ControllerRevisions that the machine still needs."""
    found = []
    for field in ("instancetype", "preference"):
        if _pinned(vm, field) is not None or (vm["spec"].get(field) or {}).get("revisionName"):
            continue
        source = find(vm, field, world)
        if source is None:
            continue
        kind = kind_of(field, vm["spec"][field])
        name = revision_name(vm, source)
        if kind is not None and world.get(CONTROLLER_REVISIONS, name, namespace_of(vm)) is None:
            found.append(_revision(vm, kind, source, name))
    return found


def references(vm: Json, world: World) -> Json:
    """Compute status.instancetypeRef and status.preferenceRef: kept while they fit, else of the newest revision."""
    result: Json = {}
    for field, key in _REFERENCE.items():
        matcher = vm["spec"].get(field) or {}
        if not matcher.get("name"):
            continue
        pinned = _pinned(vm, field)
        if pinned is not None:
            result[key] = pinned
            continue
        source = find(vm, field, world)
        name = matcher.get("revisionName") or (revision_name(vm, source) if source is not None else "")
        if world.get(CONTROLLER_REVISIONS, name, namespace_of(vm)) is not None:
            kind = {"kind": matcher["kind"]} if matcher.get("kind") else {}
            result[key] = {"controllerRevisionRef": {"name": name}, **kind, "name": matcher["name"]}
    return result


def pinned_spec(vm: Json, field: str, world: World) -> Json:
    """Read the pinned instancetype's or preference's spec; {} if the machine has none."""
    matcher = vm["spec"].get(field) or {}
    if not matcher.get("name"):
        return {}
    pinned = references(vm, world).get(_REFERENCE[field])
    revision = (
        world.get(CONTROLLER_REVISIONS, pinned["controllerRevisionRef"]["name"], namespace_of(vm)) if pinned else None
    )
    return (revision or {}).get("data", {}).get("spec") or {}


def apply(vm: Json, spec: Json, world: World) -> Json:
    """Write the instance spec with the instancetype's CPU, memory, devices, and the preference's defaults."""
    kind = pinned_spec(vm, "instancetype", world)
    preference = pinned_spec(vm, "preference", world)
    result = copy.deepcopy(spec)
    domain = result.setdefault("domain", {})
    if "cpu" in kind:
        topology = (preference.get("cpu") or {}).get("preferredCPUTopology", "sockets")
        shape = {"cores": 1, "sockets": 1, "threads": 1}
        shape[topology if topology in shape else "sockets"] = kind["cpu"]["guest"]
        extra = {
            key: kind["cpu"][key] for key in ("maxSockets", "model", "dedicatedCPUPlacement") if key in kind["cpu"]
        }
        domain["cpu"] = {**shape, **extra}
    if "memory" in kind:
        extra = {key: kind["memory"][key] for key in ("hugepages", "maxGuest") if key in kind["memory"]}
        domain["memory"] = {"guest": kind["memory"]["guest"], **extra}
    if kind.get("nodeSelector"):
        result["nodeSelector"] = {**kind["nodeSelector"], **(result.get("nodeSelector") or {})}
    for key in ("gpus", "hostDevices"):
        if kind.get(key):
            domain.setdefault("devices", {})[key] = kind[key]
    _prefer(domain.setdefault("devices", {}), preference.get("devices") or {})
    return result


def _prefer(devices: Json, preferred: Json) -> None:
    for disk in devices.get("disks") or []:
        device = disk.get("disk")
        if device is not None and not device.get("bus") and preferred.get("preferredDiskBus"):
            device["bus"] = preferred["preferredDiskBus"]
    for interface in devices.get("interfaces") or []:
        if not interface.get("model") and preferred.get("preferredInterfaceModel"):
            interface["model"] = preferred["preferredInterfaceModel"]
    if "rng" not in devices and "preferredRng" in preferred:
        devices["rng"] = preferred["preferredRng"]


def _pinned(vm: Json, field: str) -> Json | None:
    """Read the reference in the status if it still is for what the spec names."""
    matcher = vm["spec"].get(field) or {}
    known = (vm.get("status") or {}).get(_REFERENCE[field])
    if known is None or known.get("name") != matcher.get("name") or known.get("kind") != matcher.get("kind"):
        return None
    return known


def _revision(vm: Json, kind: Kind, source: Json, name: str) -> Json:
    prefix = "instancetype.kubevirt.io/object-"
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": namespace_of(vm),
            "labels": {
                f"{prefix}generation": str(source["metadata"]["generation"]),
                f"{prefix}kind": kind.kind,
                f"{prefix}name": name_of(source),
                f"{prefix}uid": uid_of(source),
                f"{prefix}version": kind.version,
            },
            "ownerReferences": [owner_reference(VIRTUAL_MACHINES, vm)],
        },
        "data": {
            "kind": kind.kind,
            "apiVersion": kind.api_version,
            "metadata": {key: value for key, value in source["metadata"].items() if key not in _STRIPPED},
            "spec": source["spec"],
        },
        "revision": 0,
    }
