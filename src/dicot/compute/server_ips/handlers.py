"""Handlers of a server's addresses, as its view has them but for what extensions add."""

from __future__ import annotations

from typing import Any

from dicot.api.errors import NotFound
from dicot.api.request import Request, Response
from dicot.cluster import Cluster
from dicot.compute.servers import answers, lookup

Json = dict[str, Any]


async def _addresses(request: Request, cluster: Cluster) -> dict[str, list[Json]]:
    vm = await lookup.find(cluster, request.caller, request.params["server_id"])
    found = answers.entry(cluster, vm).beside.addresses
    return {
        network: [{"version": one["version"], "addr": one["addr"]} for one in addresses]
        for network, addresses in found.items()
    }


async def index(request: Request, cluster: Cluster) -> Response:
    """List a server's addresses by network."""
    return Response({"addresses": await _addresses(request, cluster)})


async def show(request: Request, cluster: Cluster) -> Response:
    """List a server's addresses in one network."""
    label = request.params["label"]
    addresses = await _addresses(request, cluster)
    if label not in addresses:
        raise NotFound("Instance is not a member of specified network")
    return Response({label: addresses[label]})
