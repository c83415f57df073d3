"""Finds flavors in the cache, as a caller may see them, and changes one without losing another's change."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from dicot.api.errors import Conflict, NotFound
from dicot.api.policy import Caller
from dicot.cluster import RETRIES, Cluster
from dicot.compute.flavors import manifest
from dicot.kube import errors as kube
from dicot.kube.kinds import CLUSTER_INSTANCETYPES

Json = dict[str, Any]


_MADE_UP = re.compile("custom-([0-9]{1,6})-([0-9]{1,9})", re.ASCII)


def may_use(caller: Caller, instancetype: Json) -> bool:
    """Tell whether a flavor is for everyone, or for the caller's project."""
    return manifest.is_public(instancetype) or caller.project_id in manifest.projects(instancetype)


def find(cluster: Cluster, caller: Caller, flavor_id: str) -> Json:
    """Return the instancetype that is this flavor; 404, in Nova's words, if the caller may not know of one."""
    found = cluster.cache(CLUSTER_INSTANCETYPES).find("flavor", flavor_id)
    if not found or not (caller.cloud_admin or may_use(caller, found[0])):
        raise NotFound(f"Flavor {flavor_id} could not be found.")
    return found[0]


def shown(cluster: Cluster, caller: Caller, flavor_id: str) -> Json:
    """Return a flavor to look at: also one that servers have without there being any, which tells what it is."""
    match = _MADE_UP.fullmatch(flavor_id)
    if match is not None and not cluster.cache(CLUSTER_INSTANCETYPES).find("flavor", flavor_id):
        return manifest.made_up(int(match[1]), int(match[2]))
    return find(cluster, caller, flavor_id)


async def change(cluster: Cluster, caller: Caller, flavor_id: str, decide: Callable[[Json], Json]) -> Json:
    """Patch a flavor with what `decide` makes of it; decided anew when somebody was faster."""
    for attempt in range(RETRIES):
        current = find(cluster, caller, flavor_id) if attempt == 0 else await _read(cluster, caller, flavor_id)
        patch = decide(current)
        meta = current["metadata"]
        patch["metadata"] = {**patch.get("metadata", {}), "resourceVersion": meta["resourceVersion"]}
        try:
            return await cluster.patch(caller, CLUSTER_INSTANCETYPES, meta["name"], patch)
        except kube.Conflict:
            continue
        except kube.NotFound as error:
            raise NotFound(f"Flavor {flavor_id} could not be found.") from error
    raise Conflict(f"Flavor {flavor_id} extra spec cannot be updated or created after {RETRIES} retries.")


async def _read(cluster: Cluster, caller: Caller, flavor_id: str) -> Json:
    """Read a flavor past the cache, which has not seen yet what somebody else wrote."""
    return await cluster.reread(caller, CLUSTER_INSTANCETYPES, find(cluster, caller, flavor_id))
