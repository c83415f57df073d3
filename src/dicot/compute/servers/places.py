"""Where servers may be made to run: availability zones and hosts, as node selectors. Reads only the cache."""

from __future__ import annotations

from typing import Any

from dicot import names
from dicot.api.errors import BadRequest
from dicot.cluster import Cluster
from dicot.compute.servers import beside, manifest
from dicot.kube.kinds import NODES

Json = dict[str, Any]


def zone_selector(cluster: Cluster, zone: str) -> dict[str, str]:
    """Select the nodes of a zone; BadRequest if there is none. The default zone is the absence of a label."""
    nodes = cluster.cache(NODES).all()
    if zone not in {beside.zone_of(node) for node in nodes}:
        raise BadRequest("The requested availability zone is not available")
    labelled = any(names.labels_of(node).get(manifest.ZONE_LABEL) == zone for node in nodes)
    return {manifest.ZONE_LABEL: zone} if labelled else {}


def host(cluster: Cluster, name: str) -> Json:
    """Return the node that is this compute host; BadRequest if there is none."""
    found = cluster.cache(NODES).get(name)
    if found is None:
        raise BadRequest(f"Compute host {name} could not be found.")
    return found
