"""Changes to what a VirtualMachine carries in its annotations, decided anew when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dicot.api.errors import Conflict
from dicot.api.request import Request
from dicot.cluster import RETRIES, Cluster
from dicot.compute.servers import marks
from dicot.compute.servers.creation import action
from dicot.kube import errors as kube
from dicot.kube.kinds import VIRTUAL_MACHINES

Json = dict[str, Any]
Decide = Callable[[Json], Mapping[str, str | None]]
"""Returns the annotations to set, or (None) to remove, given the machine as it is."""


async def annotate(request: Request, cluster: Cluster, vm: Json, decide: Decide) -> Json:
    """Change annotations as they are now; Conflict if the machine keeps changing."""
    meta = vm["metadata"]
    for _ in range(RETRIES):
        version = vm["metadata"]["resourceVersion"]
        patch = {"metadata": {"resourceVersion": version, "annotations": dict(decide(vm))}}
        try:
            return await cluster.patch(request.caller, VIRTUAL_MACHINES, meta["name"], patch, meta["namespace"])
        except kube.Conflict:
            # Controllers write the status of a machine all the time; the newest version is one question away.
            vm = await cluster.client.get(VIRTUAL_MACHINES, meta["name"], meta["namespace"])
    raise Conflict("The server is being changed by others.")


async def note(request: Request, cluster: Cluster, vm: Json, name: str) -> Json:
    """Add to the server's list of what was done to it."""
    done = action(request, name)
    return await annotate(request, cluster, vm, lambda now: {marks.ACTIONS: marks.with_action(now, done)})
