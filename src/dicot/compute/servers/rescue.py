"""Rescue: the server boots from a disk of its own made of an image, with all its other disks behind that.

The disk is a dataVolumeTemplate more; unrescuing takes it out again, and deletes what it was.
"""

from __future__ import annotations

import secrets
from typing import Any

from dicot.api.errors import BadRequest, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import (
    actions,
    answers,
    machine_disks,
    manifest,
    marks,
    revision,
    sources,
    state_rules,
)
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.changes import RESCUES_VOLUME_BACKED
from dicot.compute.servers.creation import action
from dicot.compute.servers.disks import DEVICES
from dicot.image import images
from dicot.kube.kinds import DATA_VOLUMES, VIRTUAL_MACHINES

Json = dict[str, Any]

DISK = "rescue"
_SPEC = ("spec", "template", "spec")
_DISKS, _VOLUMES = (*_SPEC, "domain", "devices", "disks"), (*_SPEC, "volumes")
_TEMPLATES = ("spec", "dataVolumeTemplates")


async def rescue(request: Request, cluster: Cluster) -> Response:
    """Boot a server from a rescue image. No password is made, for none would reach the guest."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "rescue", (actions.ACTIVE, actions.STOPPED, actions.ERROR))
    image = await _image(request, cluster, found)
    name = f"{found.vm['metadata']['name']}-{DISK}-{secrets.token_hex(2)}"
    template = sources.local_of_image(cluster, name, image)
    device = image.properties.get("hw_rescue_device", "disk")
    disk = manifest.Disk(
        DISK,
        {"dataVolume": {"name": name}},
        device if device in DEVICES else "disk",
        sources.usual_bus(image.properties.get("hw_rescue_bus", image.properties.get("hw_disk_bus", "virtio"))),
        boot_order=1,
    )
    done = action(request, "rescue")

    def decide(vm: Json) -> list[Json]:
        changes = {marks.RESCUED: marks.write({"image": image.id}), marks.ACTIONS: marks.with_action(vm, done)}
        spec = vm["spec"]["template"]["spec"]
        return [
            *revision.marked(vm, changes),
            *revision.replaced(vm, _TEMPLATES, [*(vm["spec"].get("dataVolumeTemplates") or ()), template]),
            *revision.replaced(vm, _VOLUMES, [*(spec.get("volumes") or ()), {"name": DISK, **disk.source}]),
            *revision.replaced(vm, _DISKS, [manifest.disk(disk), *_behind(machine_disks.disks(vm))]),
        ]

    vm = await revision.change(request, cluster, found.vm, decide)
    running = found.vmi is not None and found.state.vm_state == actions.ACTIVE
    await actions.call(request, cluster, answers.entry(cluster, vm), "rescue", "restart" if running else "start")
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response({}, status=200)


async def _image(request: Request, cluster: Cluster, found: Entry) -> images.ImageFacts:
    """Return the image to boot from: the one asked for, else the server's own."""
    asked = (request.body["rescue"] or {}).get("rescue_image_ref") or ""
    server_id = answers.identity(found)
    image_id = asked or (found.view["image"] or {}).get("id", "")
    image = None
    if image_id:
        try:
            image = images.facts(cluster, await images.find(cluster, request.caller, image_id))
            images.usable(image)
        except (NotFound, BadRequest) as error:
            raise BadRequest(f"Requested rescue image '{image_id}' is not supported") from error
    if machine_disks.root_template(found.vm) is None:
        stable = image is not None and {"hw_rescue_bus", "hw_rescue_device"} <= image.properties.keys()
        if request.before(RESCUES_VOLUME_BACKED) or not stable:
            raise BadRequest(f"Instance {server_id} cannot be rescued: Cannot rescue a volume-backed instance")
    if image is None:
        raise BadRequest(f"Instance {server_id} cannot be rescued: no image to boot from is known")
    return image


def _behind(disks: list[Json]) -> list[Json]:
    """Put disks behind a new first one: where none has an order, the first keeps its place by getting one."""
    if not any("bootOrder" in disk for disk in disks):
        return [{**disk, "bootOrder": 2} if index == 0 else disk for index, disk in enumerate(disks)]
    return [{**disk, "bootOrder": disk["bootOrder"] + 1} if "bootOrder" in disk else disk for disk in disks]


async def unrescue(request: Request, cluster: Cluster) -> Response:
    """Boot a server from its own disk again."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "unrescue", (actions.RESCUED,))
    done = action(request, "unrescue")
    name = machine_disks.volume(found.vm, DISK).get("dataVolume", {}).get("name", "")

    def decide(vm: Json) -> list[Json]:
        changes = {marks.RESCUED: None, marks.ACTIONS: marks.with_action(vm, done)}
        spec = vm["spec"]["template"]["spec"]
        kept = [one for one in vm["spec"].get("dataVolumeTemplates") or () if one["metadata"]["name"] != name]
        left = [one for one in spec.get("volumes") or () if one["name"] != DISK]
        return [
            *revision.marked(vm, changes),
            *revision.replaced(vm, _DISKS, _before(machine_disks.disks(vm))),
            *revision.replaced(vm, _VOLUMES, left),
            *revision.replaced(vm, _TEMPLATES, kept),
        ]

    vm = await revision.change(request, cluster, found.vm, decide)
    await actions.call(request, cluster, answers.entry(cluster, vm), "unrescue", "restart")
    rescue_disk = cluster.cache(DATA_VOLUMES).get(name, vm["metadata"]["namespace"])
    if rescue_disk is not None:
        await cluster.delete(request.caller, DATA_VOLUMES, rescue_disk)
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response(status=202)


def _before(disks: list[Json]) -> list[Json]:
    """Take the rescue disk away from the front of the others."""
    left = [disk for disk in disks if disk["name"] != DISK]
    return [{**disk, "bootOrder": disk["bootOrder"] - 1} if disk.get("bootOrder", 0) > 1 else disk for disk in left]
