"""The choice of the driver that fits the cluster."""

from __future__ import annotations

from dicot.cluster import Cluster
from dicot.kube.kinds import KUBEOVN_SUBNETS
from dicot.network.drivers import Driver, kubeovn, pod

DRIVERS = {one.name: one for one in (kubeovn.DRIVER, pod.DRIVER)}


def of(cluster: Cluster) -> Driver:
    """Return the cluster's driver: the configured one, or (auto) Kube-OVN where its kinds are served."""
    chosen = cluster.config.network_driver
    if chosen == "auto":
        served = KUBEOVN_SUBNETS in cluster.caches and cluster.caches[KUBEOVN_SUBNETS].available
        chosen = kubeovn.DRIVER.name if served else pod.DRIVER.name
    if chosen not in DRIVERS:
        raise ValueError(f"configuration: network_driver is {chosen!r}, not one of auto, {', '.join(DRIVERS)}")
    return DRIVERS[chosen]
