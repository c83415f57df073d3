"""What an edit of a running machine leads to: a live change, or the condition RestartRequired.

Pure. Compared is spec.template.spec with the revision that the instance was started from.
"""

from datetime import datetime

from dicot.devcluster.controllers.kubevirt import instancetype, interfaces, live_update, run_strategy
from dicot.devcluster.controllers.kubevirt.volumes import hotpluggable, template_spec
from dicot.devcluster.controllers.objects import (
    condition,
    deleting,
    get_condition,
    labels,
    name_of,
    namespace_of,
    owned_by,
    uid_of,
)
from dicot.devcluster.controllers.world import World
from dicot.kube import Json
from dicot.kube.kinds import CONTROLLER_REVISIONS

LIVE_FIELDS = ("nodeSelector", "affinity", "tolerations", "volumes")
HOTPLUG_BUSES = ("scsi", "virtio")


def revision_name(vm: Json, generation: int) -> str:
    """Name the ControllerRevision of the spec that an instance is started from."""
    return f"revision-start-vm-{uid_of(vm)}-{generation}"


def condition_of(vm: Json, vmi: Json | None, world: World, now: datetime) -> Json | None:
    """Write the condition RestartRequired if the running instance cannot take over an edit."""
    if vmi is None or run_strategy.final(vmi) or deleting(vmi):
        return None
    known = get_condition(vm, "RestartRequired") or None
    if instancetype.failure(vm, world) is not None:
        return known  # what the machine shall be is not known
    message = _why(vm, vmi, world)
    if message is None or (known is not None and known.get("message") == message):
        return known if message is not None else None
    return condition("RestartRequired", True, now, "", message)


def _why(vm: Json, vmi: Json, world: World) -> str | None:
    started = started_from(vm, vmi, world)
    if started is None or _alike(started, vm["spec"]):
        return None
    if not_live(vm, vmi, world):
        return "a non-live-updatable field was changed in the template spec"
    return live_update.refusal(vm, vmi, world)


def started_from(vm: Json, vmi: Json, world: World) -> Json | None:
    """Read the spec of the machine that the instance was started from; None of one that was another's before."""
    name = (vmi.get("status") or {}).get("virtualMachineRevisionName") or ""
    revision = world.get(CONTROLLER_REVISIONS, name, namespace_of(vm))
    return revision["data"]["spec"] if revision is not None and owned_by(revision, vm) else None


def _alike(old: Json, new: Json) -> bool:
    return all(old.get(key) == new.get(key) for key in ("template", "instancetype", "preference"))


def not_live(vm: Json, vmi: Json, world: World) -> bool:
    """Say whether the machine was changed in what only a restart can change."""
    started = started_from(vm, vmi, world)
    if started is None or _alike(started, vm["spec"]):
        return False
    old, new = _written_out(vm, started, world), live_update.wanted(vm, world)
    plugged = interfaces.exchanged(old, new, vmi["spec"])
    return _fixed(old, plugged) != _fixed(new, plugged)


def _written_out(vm: Json, spec: Json, world: World) -> Json:
    """Write an earlier spec of the machine out, by the instancetype and preference that it was pinned to."""
    references = {}
    for field, key in (("instancetype", "instancetypeRef"), ("preference", "preferenceRef")):
        matcher = spec.get(field) or {}
        name = _pinned(vm, matcher.get("name"), world) if matcher.get("name") else None
        if name is not None:
            kind = {"kind": matcher["kind"]} if matcher.get("kind") else {}
            references[key] = {"controllerRevisionRef": {"name": name}, "name": matcher["name"], **kind}
    earlier = {**vm, "spec": spec, "status": references}
    return instancetype.apply(earlier, template_spec(earlier), world)


def _pinned(vm: Json, name: str | None, world: World) -> str | None:
    """Find the newest revision that pins an instancetype or preference of this name for the machine."""
    found = [
        one
        for one in world.children(CONTROLLER_REVISIONS, uid_of(vm))
        if labels(one).get("instancetype.kubevirt.io/object-name") == name
    ]
    newest = max(found, key=lambda one: int(one["metadata"]["resourceVersion"]), default=None)
    return name_of(newest) if newest is not None else None


def observes_anew(vm: Json, vmi: Json, world: World) -> bool:
    """Say whether the instance has the machine's newest template but does not say so: nothing of it was changed."""
    started = started_from(vm, vmi, world)
    behind = run_strategy.generation_of(vmi) != vm["metadata"]["generation"]
    return behind and started is not None and started["template"] == vm["spec"]["template"]


def _fixed(spec: Json, exchanged: set[str]) -> Json:
    """Leave out of an instance spec what can change while it runs.

    That is sockets, memory, placement, plugged disks, links, and the interfaces that are named.
    """
    plugged = {volume["name"] for volume in spec.get("volumes") or [] if hotpluggable(volume)}
    domain = spec.get("domain") or {}
    devices = domain.get("devices") or {}
    disks = [disk for disk in devices.get("disks") or [] if disk["name"] not in plugged]
    kept = (nic for nic in devices.get("interfaces") or [] if nic["name"] not in exchanged)
    nics = [{key: value for key, value in nic.items() if key != "state"} for nic in kept]
    fixed = {key: value for key, value in spec.items() if key not in LIVE_FIELDS}
    cpu = {key: value for key, value in (domain.get("cpu") or {}).items() if key != "sockets"}
    memory = {key: value for key, value in (domain.get("memory") or {}).items() if key != "guest"}
    devices = {**devices, "disks": disks, "interfaces": nics}
    fixed["domain"] = {**domain, "cpu": cpu, "memory": memory, "devices": devices}
    fixed["networks"] = [one for one in spec.get("networks") or [] if one["name"] not in exchanged]
    fixed["fixedVolumes"] = [volume for volume in spec.get("volumes") or [] if not hotpluggable(volume)]
    return fixed


def wanted_hotplug(vm: Json, vmi: Json) -> Json | None:
    """Compute the instance's volumes and disks after plugging and unplugging; None if they are right already."""
    spec, running = template_spec(vm), vmi["spec"]
    offered = {volume["name"]: volume for volume in spec.get("volumes") or [] if hotpluggable(volume)}
    present = {volume["name"] for volume in running.get("volumes") or []}
    gone = {v["name"] for v in running.get("volumes") or [] if hotpluggable(v) and v["name"] not in offered}
    new = [volume for name, volume in offered.items() if name not in present]
    if not gone and not new:
        return None
    template_disks = {disk["name"]: disk for disk in spec["domain"].get("devices", {}).get("disks") or []}
    disks = [d for d in running["domain"].get("devices", {}).get("disks") or [] if d["name"] not in gone]
    added = [_disk(template_disks.get(volume["name"], {"name": volume["name"]})) for volume in new]
    volumes = [volume for volume in running.get("volumes") or [] if volume["name"] not in gone]
    return {"volumes": [*volumes, *new], "disks": [*disks, *added]}


def hotplug_failure(vm: Json, vmi: Json | None) -> tuple[str, str] | None:
    """Say why a disk cannot be plugged: (reason, message) for a bus that has no hot-plug."""
    wanted = wanted_hotplug(vm, vmi) if vmi is not None and not run_strategy.final(vmi) else None
    present = {volume["name"] for volume in (vmi or {}).get("spec", {}).get("volumes") or []}
    for disk in (wanted or {}).get("disks", []):
        bus = next((disk[key].get("bus") for key in ("disk", "lun", "cdrom") if key in disk), None)
        if disk["name"] not in present and bus not in HOTPLUG_BUSES:
            return "HotPlugVolumeError", (
                "Error encountered while handling declarative hotplug volumes: admission webhook "
                '"virtualmachineinstances-update-validator.kubevirt.io" denied the request: Hotplug configuration for '
                f"disk [{disk['name']}] requires bus to be 'scsi' or 'virtio'. [{bus}] is not permitted."
            )
    return None


def _disk(disk: Json) -> Json:
    if any(key in disk for key in ("disk", "lun", "cdrom")):
        kind = next(key for key in ("disk", "lun", "cdrom") if key in disk)
        return {**disk, kind: {"bus": "scsi", **disk[kind]}}
    return {**disk, "disk": {"bus": "scsi"}}
