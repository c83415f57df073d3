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
    credentials,
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
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, SECRETS, VIRTUAL_MACHINES

Json = dict[str, Any]

DISK = "rescue"
_SPEC = ("spec", "template", "spec")
_DISKS, _VOLUMES = (*_SPEC, "domain", "devices", "disks"), (*_SPEC, "volumes")
_TEMPLATES = ("spec", "dataVolumeTemplates")
_ACCESS = (*_SPEC, "accessCredentials")


async def rescue(request: Request, cluster: Cluster) -> Response:
    """Boot a server from a rescue image, with a password that holds there alone."""
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
    vm, password = await _boot(request, cluster, found, image, template, disk)
    running = found.vmi is not None and found.state.vm_state == actions.ACTIVE
    await actions.call(request, cluster, answers.entry(cluster, vm), "rescue", "restart" if running else "start")
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response({"adminPass": password} if password and cluster.config.enable_instance_password else {}, status=200)


async def _boot(
    request: Request, cluster: Cluster, found: Entry, image: images.ImageFacts, template: Json, disk: manifest.Disk
) -> tuple[Json, str]:
    """Put the rescue disk before all others; return the machine, and the password that its guest gets."""
    done = action(request, "rescue")
    secret, password = await _secret(request, cluster, found.vm, image)

    def decide(vm: Json) -> list[Json]:
        spec = vm["spec"]["template"]["spec"]
        undone = marks.write({"image": image.id, "secret": credentials.secret_of(spec)})
        changes = {marks.RESCUED: undone, marks.ACTIONS: marks.with_action(vm, done)}
        return [
            *revision.marked(vm, changes),
            *revision.replaced(vm, _TEMPLATES, [*(vm["spec"].get("dataVolumeTemplates") or ()), template]),
            *revision.replaced(vm, _VOLUMES, [*(spec.get("volumes") or ()), {"name": DISK, **disk.source}]),
            *revision.replaced(vm, _DISKS, [manifest.disk(disk), *_behind(machine_disks.disks(vm))]),
            *(revision.replaced(vm, _ACCESS, credentials.with_secret(spec, secret)) if secret else ()),
        ]

    try:
        return await revision.change(request, cluster, found.vm, decide), password
    except BaseException:
        await _forget(request, cluster, found.vm, secret)
        raise


async def _secret(request: Request, cluster: Cluster, vm: Json, image: images.ImageFacts) -> tuple[str, str]:
    """Make a Secret of the password that the rescue system gets: the server's own stays that of its own disk."""
    user = credentials.user(image.properties)
    given = (request.body["rescue"] or {}).get("adminPass")
    if given and not user:
        raise BadRequest(f"adminPass: image {image.id} has no guest agent that could set it.")
    password = credentials.password(given, make=bool(user) and cluster.config.enable_instance_password)
    if not password:
        return "", ""
    meta = vm["metadata"]
    made = manifest.secret(credentials.new_secret_name(meta["name"]), {user: password.encode()}, vm)
    await cluster.create(request.caller, SECRETS, made, meta["namespace"])
    return made["metadata"]["name"], password


async def _forget(request: Request, cluster: Cluster, vm: Json, secret: str) -> None:
    if not secret:
        return
    try:
        await cluster.as_user(request.caller).delete(SECRETS, secret, vm["metadata"]["namespace"])
    except kube.NotFound:
        return


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
    secret = credentials.secret_of(found.vm["spec"]["template"]["spec"])
    name = machine_disks.volume(found.vm, DISK).get("dataVolume", {}).get("name", "")

    def decide(vm: Json) -> list[Json]:
        changes = {marks.RESCUED: None, marks.ACTIONS: marks.with_action(vm, done)}
        spec = vm["spec"]["template"]["spec"]
        access = credentials.with_secret(spec, marks.rescue(vm).secret)
        kept = [one for one in vm["spec"].get("dataVolumeTemplates") or () if one["metadata"]["name"] != name]
        left = [one for one in spec.get("volumes") or () if one["name"] != DISK]
        return [
            *revision.marked(vm, changes),
            *revision.replaced(vm, _DISKS, _before(machine_disks.disks(vm))),
            *revision.replaced(vm, _VOLUMES, left),
            *revision.replaced(vm, _TEMPLATES, kept),
            *revision.replaced(vm, _ACCESS, access or None),
        ]

    vm = await revision.change(request, cluster, found.vm, decide)
    await actions.call(request, cluster, answers.entry(cluster, vm), "unrescue", "restart")
    rescue_disk = cluster.cache(DATA_VOLUMES).get(name, vm["metadata"]["namespace"])
    if rescue_disk is not None:
        await cluster.delete(request.caller, DATA_VOLUMES, rescue_disk)
    if secret != marks.rescue(found.vm).secret and credentials.is_made_for(vm["metadata"]["name"], secret):
        await _forget(request, cluster, vm, secret)
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response(status=202)


def _before(disks: list[Json]) -> list[Json]:
    """Take the rescue disk away from the front of the others."""
    left = [disk for disk in disks if disk["name"] != DISK]
    return [{**disk, "bootOrder": disk["bootOrder"] - 1} if disk.get("bootOrder", 0) > 1 else disk for disk in left]
