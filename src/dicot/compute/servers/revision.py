"""Changes to what a VirtualMachine carries in its annotations, decided anew when somebody else was faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dicot import names
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
    name, namespace = vm["metadata"]["name"], vm["metadata"]["namespace"]
    for _ in range(RETRIES):
        changes = decide(vm)
        try:
            return await cluster.patch(request.caller, VIRTUAL_MACHINES, name, _patch(vm, changes), namespace)
        except (kube.Conflict, kube.Invalid) as error:
            newest = await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
            if isinstance(error, kube.Invalid) and _told(newest, changes) == _told(vm, changes):
                raise  # not because of others
            vm = newest
    raise Conflict("The server is being changed by others.")


def _told(vm: Json, changes: Mapping[str, str | None]) -> list[str | None]:
    told = names.annotations_of(vm)
    return [told.get(name) for name in changes]


def _patch(vm: Json, changes: Mapping[str, str | None]) -> Json | list[Json]:
    """Return the patch that does this as long as these annotations are as they were.

    Controllers write the status of a machine all the time, which is no reason to decide anew.
    """
    told = names.annotations_of(vm)
    if not told:
        version = vm["metadata"]["resourceVersion"]
        return {"metadata": {"resourceVersion": version, "annotations": dict(changes)}}
    operations: list[Json] = []
    for name, value in changes.items():
        path = f"/metadata/annotations/{name.replace('~', '~0').replace('/', '~1')}"
        operations.append({"op": "test", "path": path, "value": told.get(name)})
        if value is not None:
            operations.append({"op": "add", "path": path, "value": value})
        elif name in told:
            operations.append({"op": "remove", "path": path})
    return operations


async def note(request: Request, cluster: Cluster, vm: Json, name: str) -> Json:
    """Add to the server's list of what was done to it."""
    done = action(request, name)
    return await annotate(request, cluster, vm, lambda now: {marks.ACTIONS: marks.with_action(now, done)})
