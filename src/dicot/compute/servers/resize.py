"""Resizing: another instancetype and a restart, kept in mind until the change is confirmed or reverted.

A disk never shrinks, so that a larger root disk comes only when there is no way back: with the confirmation.
"""

from __future__ import annotations

from typing import Any

import msgspec

from dicot.api.errors import BadRequest, Conflict, NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute import quota
from dicot.compute.flavors import lookup as flavors
from dicot.compute.servers import actions, answers, beside, machine_disks, marks, revision, state_rules
from dicot.compute.servers.answers import Entry
from dicot.compute.servers.creation import action
from dicot.kube.kinds import PERSISTENT_VOLUME_CLAIMS, VIRTUAL_MACHINES
from dicot.volume import volumes

Json = dict[str, Any]

_INSTANCETYPE = ("spec", "instancetype")
_KIND = "VirtualMachineClusterInstancetype"


async def resize(request: Request, cluster: Cluster) -> Response:
    """Give a server another flavor; one that runs is restarted with it."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "resize", (actions.ACTIVE, actions.STOPPED))
    old = _flavor_of(found.vm)
    asked = request.body["resize"]
    new = _wanted(request, cluster, str(asked["flavorRef"]))
    _check(cluster, request, found, old, new)
    kept = marks.write({"flavor": msgspec.structs.asdict(old)})
    told: dict[str, str | None] = {marks.RESIZED: kept, marks.FLAVOR: marks.write(new)}
    if "OS-DCF:diskConfig" in asked:
        told[marks.DISK_CONFIG] = asked["OS-DCF:diskConfig"]
    await _change(request, cluster, found, "resize", told, new["instancetype"])
    return Response(status=202)


def _flavor_of(vm: Json) -> marks.Flavor:
    known, chosen = marks.flavor(vm), vm["spec"].get("instancetype") or {}
    if known is None or chosen.get("name") != known.instancetype or chosen.get("kind", _KIND) != _KIND:
        raise Conflict("The server has no flavor of Dicot's: change its VirtualMachine with kubectl.")
    return known


def _wanted(request: Request, cluster: Cluster, flavor_id: str) -> Json:
    try:
        found = flavors.find(cluster, request.caller, flavor_id)
    except NotFound as error:
        raise BadRequest(error.message) from error
    return {**beside.embedded(found), "instancetype": found["metadata"]["name"]}


def _check(cluster: Cluster, request: Request, found: Entry, old: marks.Flavor, new: Json) -> None:
    if new["id"] == old.id:
        raise BadRequest("When resizing, instances must change flavor!")
    template = machine_disks.root_template(found.vm)
    if template is not None:
        _check_disk(cluster, found.vm, template, old.disk, new["disk"])
    namespace = found.vm["metadata"]["namespace"]
    quota.require_more(cluster, namespace, cores=new["vcpus"] - old.vcpus, ram=new["ram"] - old.ram)


def _check_disk(cluster: Cluster, vm: Json, template: Json, old_gib: int, new_gib: int) -> None:
    claim = _root_claim(cluster, vm, template)
    why = ""
    if new_gib < old_gib:
        why = "Unable to resize disk down." if new_gib else "Resize to zero disk flavor is not allowed."
    elif new_gib > old_gib and claim is not None and not volumes.expandable(cluster, claim):
        why = f"Storage class {claim['spec'].get('storageClassName')} does not let disks grow."
    if why:
        raise BadRequest(f"Server disk was unable to be resized because: {why}")


def _root_claim(cluster: Cluster, vm: Json, template: Json) -> Json | None:
    return cluster.cache(PERSISTENT_VOLUME_CLAIMS).get(template["metadata"]["name"], vm["metadata"]["namespace"])


async def _change(
    request: Request, cluster: Cluster, found: Entry, name: str, told: dict[str, str | None], instancetype: str
) -> None:
    """Change flavor and marks in one patch, then restart what runs; the next answer tells of it."""
    done = action(request, name)

    def decide(vm: Json) -> list[Json]:
        kind = (vm["spec"].get("instancetype") or {}).get("kind", _KIND)
        return [
            *revision.marked(vm, {**told, marks.ACTIONS: marks.with_action(vm, done)}),
            *revision.replaced(vm, _INSTANCETYPE, {"kind": kind, "name": instancetype}),
        ]

    vm = await revision.change(request, cluster, found.vm, decide)
    if found.vmi is not None and found.state.vm_state != actions.STOPPED:
        await actions.call(request, cluster, answers.entry(cluster, vm), name, "restart")
        await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)


async def confirm(request: Request, cluster: Cluster) -> Response:
    """Stay with the new flavor, and grow the root disk to its size."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "confirmResize", (actions.RESIZED,))
    if actions.must_restart(found.vm) and found.vmi is not None:
        # The restart that belongs to the resize never began: without it the guest still has the old flavor.
        await actions.call(request, cluster, found, "confirmResize", "restart")
    await _grow(request, cluster, found.vm)
    done = action(request, "confirmResize")
    await revision.annotate(
        request,
        cluster,
        found.vm,
        lambda vm: {marks.RESIZED: None, marks.ACTIONS: marks.with_action(vm, done)},
    )
    return Response(status=204)


async def _grow(request: Request, cluster: Cluster, vm: Json) -> None:
    old, new, template = marks.resized_from(vm), marks.flavor(vm), machine_disks.root_template(vm)
    if old is None or new is None or template is None or new.disk <= old.disk:
        return
    claim = _root_claim(cluster, vm, template)
    if claim is not None:
        await volumes.grow(cluster, request.caller, claim, new.disk)


async def revert(request: Request, cluster: Cluster) -> Response:
    """Go back to the flavor that the server had."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "revertResize", (actions.RESIZED,))
    old, new = marks.resized_from(found.vm), marks.flavor(found.vm)
    if old is None:
        raise Conflict("What the flavor was before is not known any more.")
    if new is not None:
        namespace = found.vm["metadata"]["namespace"]
        quota.require_more(cluster, namespace, cores=old.vcpus - new.vcpus, ram=old.ram - new.ram)
    told: dict[str, str | None] = {marks.RESIZED: None, marks.FLAVOR: marks.write(msgspec.structs.asdict(old))}
    await _change(request, cluster, found, "revertResize", told, old.instancetype)
    return Response(status=202)
