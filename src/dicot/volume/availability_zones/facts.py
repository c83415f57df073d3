"""The availability zones of storage: "nova", which is everywhere, the zones of nodes and those of StorageClasses."""

from __future__ import annotations

from dicot import names
from dicot.api.errors import BadRequest
from dicot.cluster import Cluster
from dicot.kube.kinds import NODES
from dicot.volume.types.facts import every
from dicot.volume.types.record import VolumeType
from dicot.volume.volumes.view import DEFAULT_ZONE

ZONE_LABEL = "topology.kubernetes.io/zone"


def zones(cluster: Cluster) -> list[str]:
    """Return the names of all zones, the default first."""
    of_nodes = {names.labels_of(node).get(ZONE_LABEL, "") for node in cluster.cache(NODES).all()}
    of_types = {zone for kind in every(cluster) for zone in kind.zones}
    return [DEFAULT_ZONE, *sorted((of_nodes | of_types) - {"", DEFAULT_ZONE})]


def choose(cluster: Cluster, kind: VolumeType, asked: str) -> str:
    """Return the zone of a new volume; BadRequest, in Cinder's words, if it or its type is not there."""
    if not asked:
        return kind.zones[0] if len(kind.zones) == 1 else DEFAULT_ZONE
    if asked not in zones(cluster) or (kind.zones and asked not in kind.zones):
        raise BadRequest(f"Availability zone '{asked}' is invalid.")
    return asked
