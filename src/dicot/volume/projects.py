"""Which project an object belongs to."""

from __future__ import annotations

from dicot import names
from dicot.cluster import Cluster
from dicot.kube.kinds import NAMESPACES


def of_namespace(cluster: Cluster, namespace: str) -> str:
    """Return the project id of a namespace; "" while it is not known."""
    found = cluster.cache(NAMESPACES).get(namespace)
    return names.project_id(found) if found is not None else ""
