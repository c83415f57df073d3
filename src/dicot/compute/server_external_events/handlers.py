"""Handlers of external events: they only look."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.policy import Caller
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, lookup
from dicot.kube.kinds import VIRTUAL_MACHINES

Json = dict[str, Any]

ASKED_AT_ONCE = 100
"""Servers in one question to Kubernetes: their ids stand in its URL."""
_TAGGED = frozenset(("volume-extended", "power-update", "accelerator-request-bound"))
_NOWHERE = frozenset(("building", "error", "shelved_offloaded"))
"""States of servers that may have no host."""


async def create(request: Request, cluster: Cluster) -> Response:
    """Say of each event whether there is a server, on a host, that it can mean: 207 if one has none."""
    events = request.body["events"]
    await _learn(cluster, request.caller, {event["server_uuid"] for event in events})
    told = [_told(cluster, event) for event in events]
    return Response({"events": told}, status=200 if all(one["code"] == 200 for one in told) else 207)


async def _learn(cluster: Cluster, caller: Caller, server_ids: set[str]) -> None:
    """Ask once for all servers that the cache does not know, for another replica may have made them just now."""
    unknown = [one for one in server_ids if _server(cluster, one) is None and names.may_be_label(one)]
    for some in _batched(sorted(unknown)):
        await cluster.ask(caller, VIRTUAL_MACHINES, f"{names.id_label(lookup.NOUN)} in ({','.join(some)})")


def _batched(ids: list[str]) -> list[list[str]]:
    return [ids[start : start + ASKED_AT_ONCE] for start in range(0, len(ids), ASKED_AT_ONCE)]


def _server(cluster: Cluster, server_id: str) -> Json | None:
    found = cluster.cache(VIRTUAL_MACHINES).find("id", server_id)
    return next((vm for vm in found if lookup.is_server(cluster, vm)), None)


def _told(cluster: Cluster, event: Json) -> Json:
    code = _code(cluster, event)
    return {**event, "status": "completed" if code == 200 else "failed", "code": code}


def _code(cluster: Cluster, event: Json) -> int:
    vm = _server(cluster, event["server_uuid"])
    if vm is None:
        return 404
    if event["name"] in _TAGGED and event.get("tag") is None:
        return 400
    found = answers.entry(cluster, vm)
    return 422 if found.node is None and found.state.vm_state in _NOWHERE else 200
