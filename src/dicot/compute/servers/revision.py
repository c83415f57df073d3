"""Changes to a VirtualMachine that hold only as long as what they were decided on is as it was, else decided anew.

Controllers write the status of a machine all the time, which is no reason to decide anew: every change names what it
stands on, as the tests of a JSON patch.
"""

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
Operations = Callable[[Json], list[Json]]
"""Returns the operations of a JSON patch, given the machine as it is."""


async def change(request: Request, cluster: Cluster, vm: Json, decide: Operations) -> Json:
    """Patch a machine as it is now; Conflict if it keeps changing."""
    name, namespace = vm["metadata"]["name"], vm["metadata"]["namespace"]
    for _ in range(RETRIES):
        operations = decide(vm)
        try:
            return await cluster.patch(request.caller, VIRTUAL_MACHINES, name, operations, namespace)
        except (kube.Conflict, kube.Invalid) as error:
            vm = await cluster.reread(request.caller, VIRTUAL_MACHINES, vm)
            if isinstance(error, kube.Invalid) and decide(vm) == operations:
                raise  # not because of others
    raise Conflict("The server is being changed by others.")


async def annotate(request: Request, cluster: Cluster, vm: Json, decide: Decide) -> Json:
    """Change annotations as they are now; Conflict if the machine keeps changing."""
    return await change(request, cluster, vm, lambda now: marked(now, decide(now)))


def marked(vm: Json, changes: Mapping[str, str | None]) -> list[Json]:
    """Set annotations, or (None) remove them, as long as these are as they were."""
    told = vm["metadata"].get("annotations")
    if not told:
        given = {name: value for name, value in changes.items() if value is not None}
        return replaced(vm, ("metadata", "annotations"), given)
    operations: list[Json] = []
    for name, value in changes.items():
        path = _pointer(("metadata", "annotations", name))
        operations.append({"op": "test", "path": path, "value": told.get(name)})
        if value is not None:
            operations.append({"op": "add", "path": path, "value": value})
        elif name in told:
            operations.append({"op": "remove", "path": path})
    return operations


def replaced(vm: Json, path: tuple[str, ...], value: Any) -> list[Json]:
    """Set one field, or (None) remove it, as long as it is as it was; its parent must be there."""
    parent: Any = vm
    for key in path[:-1]:
        parent = parent[key]
    pointer, was = _pointer(path), parent.get(path[-1])
    test = {"op": "test", "path": pointer, "value": was}
    if value is None:
        return [test, {"op": "remove", "path": pointer}] if path[-1] in parent else []
    return [test, {"op": "add", "path": pointer, "value": value}]


def _pointer(path: tuple[str, ...]) -> str:
    return "".join(f"/{key.replace('~', '~0').replace('/', '~1')}" for key in path)


async def note(request: Request, cluster: Cluster, vm: Json, name: str) -> Json:
    """Add to the server's list of what was done to it."""
    done = action(request, name)
    return await annotate(request, cluster, vm, lambda now: {**_over(now), marks.ACTIONS: marks.with_action(now, done)})


async def act(request: Request, cluster: Cluster, vm: Json, name: str, decide: Operations) -> Json:
    """Patch a machine as it is now, and add to its list of what was done to it, in one write."""
    done = action(request, name)
    return await change(
        request,
        cluster,
        vm,
        lambda now: [
            *marked(now, {**_over(now), marks.ACTIONS: marks.with_action(now, done)}),
            *decide(now),
        ],
    )


def _over(vm: Json) -> dict[str, str | None]:
    """End what an administrator has declared of the server: something has been done about it."""
    return {marks.DECLARED: None} if marks.DECLARED in (vm["metadata"].get("annotations") or {}) else {}
