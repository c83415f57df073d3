"""Actions that Kubernetes has no counterpart of: refused by name, once the state has been checked as Nova checks it."""

from __future__ import annotations

from collections.abc import Collection

from dicot.api.errors import BadRequest, Gone, NotImplementedHere
from dicot.api.request import Request, Response
from dicot.api.route import Handler
from dicot.cluster import Cluster
from dicot.compute.servers import actions, lookup, state_rules

_NOT_SUPPORTED = "The requested functionality is not supported."


def _refusal(name: str, allowed: Collection[str]) -> Handler:
    async def refuse(request: Request, cluster: Cluster) -> Response:
        found = await actions.subject(request, cluster)
        state_rules.require(found.vm, found.state, name, allowed)
        raise NotImplementedHere(_NOT_SUPPORTED)

    return refuse


suspend = _refusal("suspend", (actions.ACTIVE,))
resume = _refusal("resume", ("suspended",))
restore = _refusal("restore", ("soft-delete",))
trigger_crash_dump = _refusal("trigger_crash_dump", (actions.ACTIVE, actions.PAUSED, actions.RESCUED, actions.ERROR))
migrate = _refusal("migrate", (actions.ACTIVE, actions.STOPPED))
"""Nothing moves a stopped machine: it is scheduled anew whenever it starts."""


async def inject_network_info(request: Request, cluster: Cluster) -> Response:
    """Refuse: a guest gets its addresses from its config drive and by DHCP, and from nowhere else."""
    await actions.subject(request, cluster)
    raise NotImplementedHere(_NOT_SUPPORTED)


async def add_fixed_ip(request: Request, cluster: Cluster) -> Response:
    """Refuse one more address on a port that is there: KubeVirt gives a guest what its port had when it started."""
    await lookup.find(cluster, request.caller, request.params["server_id"])
    network = request.body["addFixedIp"]["networkId"]
    raise BadRequest(f"addFixedIp: no address of network {network} can be added to a port that is plugged in.")


async def remove_fixed_ip(request: Request, cluster: Cluster) -> Response:
    """Refuse to take an address from a port, in Nova's words for one that is not there to be taken."""
    await lookup.find(cluster, request.caller, request.params["server_id"])
    address = request.body["removeFixedIp"]["address"]
    raise BadRequest(f"removeFixedIp: the address {address} cannot be taken from a port that is plugged in.")


async def gone(_: Request, __: Cluster) -> Response:
    """Say that the action is no more, as Nova has since its release 23."""
    raise Gone("The requested resource is no longer available.")
