"""The custom resources of compute: group `compute.dicot.io`. Data only."""

from dicot.kube.kinds import Kind

GROUP = "compute.dicot.io"

SERVER_GROUPS = Kind(GROUP, "v1alpha1", "servergroups", "ServerGroup")
AGGREGATES = Kind(GROUP, "v1alpha1", "aggregates", "Aggregate", namespaced=False)
