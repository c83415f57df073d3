"""What a cluster's network can do, behind one small interface, and the choice of the driver that fits.

A driver makes the cluster be as Dicot's custom resources say (`settle_*`: idempotent, as Dicot itself, also for objects
that are being deleted), refuses by name what it cannot do (`check_*`), and plugs ports into servers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dicot.api.policy import Caller
from dicot.cluster import Cluster
from dicot.kube.kinds import KUBEOVN_SUBNETS

Json = dict[str, Any]
Settle = Callable[[Cluster, Json], Awaitable[None]]
Check = Callable[[Cluster, Caller, Json, Json], None]
"""Takes the object as it is ({} when new) and what is asked for, in the words of its spec."""


class Wire(msgspec.Struct, frozen=True):
    """How one port is plugged: a VM's network and interface, and what its template must carry."""

    network: Json
    interface: Json
    annotations: dict[str, str] = {}
    labels: dict[str, str] = {}


Plug = Callable[[Cluster, Json, Json, int], Wire]
"""Takes a port, its network and its place among the server's ports (0 is the first)."""


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """One way to be a network service."""

    name: str
    extensions: frozenset[str]
    gives_addresses: bool
    ports_max: int
    plug: Plug
    settle_network: Settle
    settle_router: Settle
    settle_floating_ip: Settle
    settle_security_group: Settle
    settle_port: Settle
    is_translated: Callable[[Cluster, Json], bool]
    check_network: Check
    check_subnet: Check
    check_port: Check
    check_router: Check
    check_floating_ip: Check
    check_rule: Check
    finalizers: tuple[str, ...] = ()


def of(cluster: Cluster) -> Driver:
    """Return the cluster's driver: the configured one, or (auto) Kube-OVN where its kinds are served."""
    from dicot.network.drivers import kubeovn, pod

    drivers = {"kubeovn": kubeovn.DRIVER, "pod": pod.DRIVER}
    chosen = cluster.config.network_driver
    if chosen == "auto":
        served = KUBEOVN_SUBNETS in cluster.caches and cluster.caches[KUBEOVN_SUBNETS].available
        chosen = "kubeovn" if served else "pod"
    if chosen not in drivers:
        raise ValueError(f"configuration: network_driver is {chosen!r}, not one of auto, {', '.join(drivers)}")
    return drivers[chosen]


async def idle(_: Cluster, __: Json) -> None:
    """Settle what needs nothing."""


def accept(_: Cluster, __: Caller, ___: Json, ____: Json) -> None:
    """Refuse nothing."""
