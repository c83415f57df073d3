"""Handlers of a server's volumes: a promise on the claim, then KubeVirt's hot-plug (of stopped machines too)."""

from __future__ import annotations

from typing import Any

import msgspec

from dicot import names
from dicot.api.errors import BadRequest, Conflict, NotFound, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.parameters import truth
from dicot.compute.servers import actions, answers, beside, lookup, owners, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.sources import disk_name
from dicot.compute.volume_attachments import view
from dicot.compute.volume_attachments.changes import CREATED_WITHOUT_BODY, DELETION_CAN_BE_CHANGED
from dicot.kube import errors as kube
from dicot.kube.kinds import VIRTUAL_MACHINES
from dicot.volume import claims, spelling, volumes

Json = dict[str, Any]

_ATTACHABLE = ("active", "paused", "stopped", "suspended", "resized", "shelved_offloaded")
VOLUMES_MAX = 256
"""KubeVirt's limit of disks in one machine."""


class Attachment(msgspec.Struct, frozen=True):
    """A volume of a server: its name in the machine, its claim, whether it dies with the server."""

    name: str
    volume_id: str
    claim: Json
    dies: bool


async def _entry(request: Request, cluster: Cluster) -> Entry:
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    return answers.entry(cluster, vm)


def _attachments(cluster: Cluster, found: Entry) -> list[Attachment]:
    namespace = found.vm["metadata"]["namespace"]
    known = dict(found.beside.attached)
    attached = []
    for claim_name, name in spelling.claim_names(spelling.vm_volumes(found.vm)).items():
        claim, data_volume = beside.claim_of(cluster, namespace, claim_name)
        thing = claim or data_volume
        volume_id = names.identity_of(thing, "volume") if thing is not None else ""
        if thing is not None and volume_id in known:
            attached.append(Attachment(name, volume_id, thing, known[volume_id]))
    return attached


def _view(found: Entry, one: Attachment) -> Json:
    disk = next((disk for disk in view.disks(found.vm) if disk["name"] == one.name), {})
    device = view.device(found.vm, found.vmi, one.name)
    return view.attachment(answers.identity(found), one.volume_id, disk, device=device, dies=one.dies)


async def index(request: Request, cluster: Cluster) -> Response:
    """List a server's volumes."""
    found = await _entry(request, cluster)
    attached = _attachments(cluster, found)
    first = int(request.asked("offset") or 0)
    limit = request.asked("limit")
    page = attached[first : first + int(limit)] if limit else attached[first:]
    return Response({"volumeAttachments": [_view(found, one) for one in page]})


def _one(request: Request, cluster: Cluster, found: Entry) -> Attachment:
    volume_id = request.params["volume_id"]
    for one in _attachments(cluster, found):
        if one.volume_id == volume_id:
            return one
    raise NotFound(f"Instance {answers.identity(found)} is not attached to volume {volume_id}")


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one volume of a server."""
    found = await _entry(request, cluster)
    return Response({"volumeAttachment": _view(found, _one(request, cluster, found))})


async def create(request: Request, cluster: Cluster) -> Response:
    """Attach a volume."""
    found = await _entry(request, cluster)
    state_rules.require_unlocked(request, found.vm)
    if found.state.vm_state not in _ATTACHABLE:
        raise state_rules.cannot("attach_volume", answers.identity(found), "vm_state", found.state.vm_state)
    asked = request.body["volumeAttachment"]
    claim = await volumes.find(cluster, request.caller, asked["volumeId"])
    volume_id = names.identity_of(claim, "volume")
    _check_attachable(cluster, found, claim, volume_id)
    dies = truth(asked.get("delete_on_termination", False))
    server_id = answers.identity(found)
    claim = await claims.claim(cluster, request.caller, claim, server_id)
    try:
        await _plug(request, cluster, found, claim, volume_id, asked.get("tag"))
    except BaseException:
        await claims.release(cluster, request.caller, claim, server_id)
        raise
    vm = await cluster.reread(request.caller, VIRTUAL_MACHINES, found.vm)
    if dies:
        await owners.own(cluster, request.caller, claim, vm, dies=True)
    await revision.note(request, cluster, vm, "attach_volume")
    if not request.before(CREATED_WITHOUT_BODY):
        return Response(status=202)
    device = view.device(vm, None, disk_name(volume_id))
    answer = view.created(server_id, volume_id, device=device, tag=asked.get("tag"), dies=dies)
    return Response({"volumeAttachment": answer})


def _check_attachable(cluster: Cluster, found: Entry, claim: Json, volume_id: str) -> None:
    server_id = answers.identity(found)
    if claim["metadata"]["namespace"] != found.vm["metadata"]["namespace"]:
        raise NotFound(f"Volume {volume_id} could not be found.")
    if volume_id in dict(found.beside.attached):
        raise BadRequest(f"Invalid volume: volume {volume_id} is already attached to instances: {server_id}")
    if len(view.disks(found.vm)) >= VOLUMES_MAX:
        raise Conflict(f"The maximum allowed number of disk devices ({VOLUMES_MAX}) to attach is exceeded.")


async def _plug(request: Request, cluster: Cluster, found: Entry, claim: Json, volume_id: str, tag: str | None) -> None:
    disk: Json = {"name": disk_name(volume_id), "serial": volume_id, "disk": {"bus": "virtio"}}
    if tag:
        disk["tag"] = tag
    source = {"claimName": claim["metadata"]["name"], "hotpluggable": True}
    body = {"name": disk["name"], "disk": disk, "volumeSource": {"persistentVolumeClaim": source}}
    await actions.call(request, cluster, found, "attach_volume", "addvolume", body)


async def update(request: Request, cluster: Cluster) -> Response:
    """Change whether a volume dies with its server; swapping it is refused, as by Nova to all but Cinder."""
    found = await _entry(request, cluster)
    asked = request.body["volumeAttachment"]
    volume_id = request.params["volume_id"]
    if asked["volumeId"] != volume_id or request.before(DELETION_CAN_BE_CHANGED):
        await volumes.find(cluster, request.caller, volume_id)
        raise Conflict(f"volume {volume_id} is not migrating; this API should only be called by Cinder")
    one = _one(request, cluster, found)
    shown = _view(found, one)
    fixed = {"id": volume_id, "serverId": shown["serverId"], "device": shown["device"], "tag": shown["tag"]}
    for key, value in fixed.items():
        if key in asked and asked[key] != value:
            raise BadRequest(f"The {key} property is not mutable")
    if "delete_on_termination" in asked:
        dies = truth(asked["delete_on_termination"])
        await owners.own(cluster, request.caller, one.claim, found.vm, dies=dies)
    return Response(status=202)


async def delete(request: Request, cluster: Cluster) -> Response:
    """Detach a volume."""
    found = await _entry(request, cluster)
    state_rules.require_unlocked(request, found.vm)
    await volumes.find(cluster, request.caller, request.params["volume_id"])
    one = _one(request, cluster, found)
    if found.state.vm_state not in _ATTACHABLE:
        raise state_rules.cannot("detach_volume", answers.identity(found), "vm_state", found.state.vm_state)
    if any(disk["name"] == one.name and disk.get("bootOrder") == 1 for disk in view.disks(found.vm)):
        raise BadRequest("Cannot detach a root device volume")
    await _unplug(request, cluster, found, one)
    if one.dies:
        await owners.own(cluster, request.caller, one.claim, found.vm, dies=False)
    vm = await cluster.reread(request.caller, VIRTUAL_MACHINES, found.vm)
    await revision.note(request, cluster, vm, "detach_volume")
    claim, _ = beside.claim_of(cluster, vm["metadata"]["namespace"], one.claim["metadata"]["name"])
    if claim is not None:
        await claims.release(cluster, request.caller, claim, answers.identity(found))
    return Response(status=202)


async def _unplug(request: Request, cluster: Cluster, found: Entry, one: Attachment) -> None:
    """Take the volume out; one that kubectl has put in for good cannot be, and KubeVirt says so."""
    try:
        await actions.call(request, cluster, found, "detach_volume", "removevolume", {"name": one.name})
    except Conflict as error:
        cause = error.__cause__
        if isinstance(cause, kube.KubeError) and "not hotpluggable" in cause.message:
            message = f"Volume {one.volume_id} was not attached as a hot-pluggable disk and cannot be detached."
            raise NotImplementedHere(message) from error
        raise
