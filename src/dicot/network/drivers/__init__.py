"""What a cluster's network can do, behind one small interface, and the choice of the driver that fits.

A driver makes the cluster be as the custom resources of an object's project say (`settle`: idempotent, as Dicot itself,
also for an object that is being deleted), lets a changed port reach its server (`settle_port`, as the user), refuses by
name what it cannot do (`check_*`), and plugs ports into servers (`plug`).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from dicot.api.policy import Caller
from dicot.cluster import Cluster

Json = dict[str, Any]
Settle = Callable[[Cluster, Json], Awaitable[None]]
SettlePort = Callable[[Cluster, Caller, Json], Awaitable[None]]
Check = Callable[[Cluster, Caller, Json, Json], None]
"""Takes the object as it is ({} when new) and what is asked for, in the words of its spec."""


Together = Callable[[Cluster, Json], list[list[Json]]]
"""Takes a network and returns its subnets in groups: a port has addresses of one group, the first that has them."""


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
    settle: Settle
    settle_port: SettlePort
    is_translated: Callable[[Cluster, Json], bool]
    check_network: Check
    together: Together
    check_subnet: Check
    check_subnet_removal: Check
    check_port: Check
    check_router: Check
    check_interface: Check
    check_floating_ip: Check
    check_rule: Check
    finalizers: tuple[str, ...] = ()
