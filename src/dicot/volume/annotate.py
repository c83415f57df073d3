"""Change the annotations of an object, alone or depending on what they are now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dicot.api.errors import Conflict
from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.kube import errors as kube
from dicot.kube.kinds import DATA_VOLUMES, PERSISTENT_VOLUME_CLAIMS, VOLUME_SNAPSHOTS, Kind

Json = dict[str, Any]
Values = Mapping[str, str | None]
"""New values; None removes one."""

_KINDS = {one.kind: one for one in (PERSISTENT_VOLUME_CLAIMS, DATA_VOLUMES, VOLUME_SNAPSHOTS)}


def kind_of(obj: Json) -> Kind:
    """Return the kind of a volume's or snapshot's object."""
    return _KINDS[obj["kind"]]


async def write(cluster: Cluster, caller: Caller, obj: Json, values: Values) -> Json:
    """Set annotations, whatever they were; return the object as it is then."""
    meta = obj["metadata"]
    patch: Json = {"metadata": {"annotations": dict(values)}}
    return await cluster.patch(caller, kind_of(obj), meta["name"], patch, meta["namespace"])


async def revise(cluster: Cluster, caller: Caller, obj: Json, change: Callable[[Json], Values]) -> Json:
    """Set annotations that depend on the present ones, so that no writer's are lost; Conflict if it never ends."""
    kind, meta = kind_of(obj), obj["metadata"]
    for _ in range(RETRIES):
        patch: Json = {
            "metadata": {"resourceVersion": obj["metadata"]["resourceVersion"], "annotations": dict(change(obj))}
        }
        try:
            return await cluster.patch(caller, kind, meta["name"], patch, meta["namespace"])
        except kube.Conflict:
            obj = await cluster.reread(caller, kind, obj)
    raise Conflict(f"{meta['name']} is being changed by others.")
