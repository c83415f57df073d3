"""Handlers of servers: show, update, delete. Lists, creation and actions have modules of their own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dicot import names
from dicot.api.errors import Conflict
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, beside, creation, listing, lookup, manifest, marks, state_rules
from dicot.kube.kinds import VIRTUAL_MACHINES
from dicot.network import plug
from dicot.volume import claims
from dicot.volume import spelling as volumes

Json = dict[str, Any]

index, detail, create = listing.index, listing.detail, creation.create


async def show(request: Request, cluster: Cluster) -> Response:
    """Show one server."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    return _one(answers.full(request, answers.entry(cluster, vm), listed=False))


def _one(encoded: bytes) -> Response:
    return Response(b'{"server":' + encoded + b"}")


_SPELLINGS: Mapping[str, str] = {
    "name": names.NAME,
    "description": names.DESCRIPTION,
    "hostname": marks.HOSTNAME,
    "accessIPv4": marks.ACCESS_IPV4,
    "accessIPv6": marks.ACCESS_IPV6,
    "OS-DCF:diskConfig": marks.DISK_CONFIG,
    "pinned_availability_zone": marks.ZONE,
}


async def update(request: Request, cluster: Cluster) -> Response:
    """Change what a server is called and described as; a running guest is not touched."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    asked = request.body["server"]
    _check_zone(cluster, vm, asked)
    changes = {_SPELLINGS[key]: value for key, value in asked.items()}
    if "name" in asked:
        changes[names.NAME] = asked["name"].strip()
    if changes:
        meta = vm["metadata"]
        patch: Json = {"metadata": {"annotations": changes}}
        if "hostname" in asked:
            # The guest takes it over when it is started the next time.
            patch["spec"] = {"template": {"spec": {"hostname": manifest.host_label(asked["hostname"])}}}
        vm = await cluster.patch(request.caller, VIRTUAL_MACHINES, meta["name"], patch, meta["namespace"])
    return _one(answers.updated(request, answers.entry(cluster, vm)))


def _check_zone(cluster: Cluster, vm: Json, asked: Json) -> None:
    """Allow to pin a server only to the zone that it is in, and to another one only by way of none."""
    wanted = asked.get("pinned_availability_zone")
    if wanted is None:
        return
    pinned = names.annotations_of(vm).get(marks.ZONE)
    node = beside.node_of(cluster, lookup.instance_of(cluster, vm))
    zone = beside.zone_of(node) if node is not None else ""
    if pinned is not None and wanted != pinned:
        raise Conflict(
            "Cannot change pinned availability zone directly. Unpin first by setting pinned_availability_zone to null."
        )
    if pinned is None and wanted != zone:
        raise Conflict(
            f"Server can only be pinned to its current availability zone '{zone}', but '{wanted}' was requested."
        )


async def delete(request: Request, cluster: Cluster) -> Response:
    """Delete a server, with what was made for it."""
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    state_rules.require_unlocked(request, vm)
    await remove(request, cluster, vm)
    return Response(status=204)


async def remove(request: Request, cluster: Cluster, vm: Json) -> None:
    """Delete the machine, let go of its ports and volumes; disks, Secrets and ports of its own go with it."""
    meta, server_id = vm["metadata"], names.identity_of(vm, lookup.NOUN)
    await cluster.delete(request.caller, VIRTUAL_MACHINES, vm)
    for claim_name in volumes.claim_names(volumes.vm_volumes(vm)):
        claim, _ = beside.claim_of(cluster, meta["namespace"], claim_name)
        if claim is not None and claims.attached_to(claim):
            await claims.release(cluster, request.caller, claim, server_id)
    await plug.release(cluster, request.caller, server_id, meta["namespace"])
