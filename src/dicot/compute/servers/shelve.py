"""Shelving: a server that is stopped, and marked so that it stays stopped until it is unshelved.

Every root disk is a claim that stays, as the volume of a volume-backed server does in Nova: such a server is offloaded
at once, and no image is made.
"""

from __future__ import annotations

from typing import Any

from dicot.api.errors import Conflict, Forbidden
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import actions, answers, beside, manifest, marks, places, revision, state_rules
from dicot.compute.servers.creation import action
from dicot.kube.kinds import VIRTUAL_MACHINES

Json = dict[str, Any]

_SELECTOR = ("spec", "template", "spec", "nodeSelector")
_MAY_BE_SHELVED = (actions.ACTIVE, actions.STOPPED, actions.PAUSED)


async def shelve(request: Request, cluster: Cluster) -> Response:
    """Stop a server and give its host back."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "shelve", _MAY_BE_SHELVED)
    done = action(request, "shelve")
    vm = await revision.annotate(
        request,
        cluster,
        found.vm,
        lambda now: {marks.SHELVED: marks.write({}), marks.ACTIONS: marks.with_action(now, done)},
    )
    if found.vmi is not None and found.state.vm_state != actions.STOPPED:
        await actions.call(request, cluster, answers.entry(cluster, vm), "shelve", "stop")
        await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response(status=202)


async def shelve_offload(request: Request, cluster: Cluster) -> Response:
    """Refuse: what is shelved has left its host already."""
    found = await actions.subject(request, cluster)
    raise state_rules.cannot("shelveOffload", answers.identity(found), "vm_state", found.state.vm_state)


async def unshelve(request: Request, cluster: Cluster) -> Response:
    """Start a shelved server; the caller may choose its zone anew, an administrator its host."""
    found = await actions.subject(request, cluster)
    state_rules.require(found.vm, found.state, "unshelve", (actions.SHELVED,))
    asked = request.body.get("unshelve") or {}
    told, selector = _place(request, cluster, found.vm, asked)
    done = action(request, "unshelve")

    def decide(vm: Json) -> list[Json]:
        changes = {marks.SHELVED: None, **told, marks.ACTIONS: marks.with_action(vm, done)}
        moved = revision.replaced(vm, _SELECTOR, selector or None) if asked else []
        return [*revision.marked(vm, changes), *moved]

    vm = await revision.change(request, cluster, found.vm, decide)
    await actions.call(request, cluster, answers.entry(cluster, vm), "unshelve", "start")
    await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
    return Response(status=202)


def _place(request: Request, cluster: Cluster, vm: Json, asked: Json) -> tuple[dict[str, str | None], dict[str, str]]:
    """Return the marks and the node selector of where a server shall start."""
    selector = dict(vm["spec"]["template"]["spec"].get("nodeSelector") or {})
    told: dict[str, str | None] = {}
    name, zone = asked.get("host") or "", asked.get("availability_zone")
    if name and not request.caller.cloud_admin:
        raise Forbidden("Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be performed.")
    if "availability_zone" in asked or name:
        selector.pop(manifest.ZONE_LABEL, None)
    if "availability_zone" in asked:
        told[marks.ZONE] = zone
        selector |= places.zone_selector(cluster, zone) if zone is not None else {}
    if name:
        if beside.zone_of(places.host(cluster, name)) != zone and zone is not None:
            raise Conflict(f'Host "{name}" is not in the availability zone "{zone}".')
        selector[manifest.HOST_LABEL] = name
    return told, selector
