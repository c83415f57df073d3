"""Placement, read-only: what nodes have and what servers take of it. Nobody writes: Kubernetes keeps the accounts.

| Placement | Kubernetes |
|---|---|
| resource provider | a Node that KubeVirt runs on: `metadata.uid`, `metadata.name` |
| generation | 0: nobody but Kubernetes changes a node |
| inventories | `status.allocatable`: VCPU, MEMORY_MB, DISK_GB |
| usages, allocations | the instances on the node; a consumer is a server |
| traits | what Dicot does on every node; COMPUTE_STATUS_DISABLED where it is cordoned |
| allocation candidates | the available nodes that have that much left |
"""

from __future__ import annotations

from dicot.api.microversion import Range
from dicot.api.route import Route, Service
from dicot.placement import providers
from dicot.placement.faults import fault
from dicot.placement.providers.changes import NEWEST, OLDEST

ROUTES: tuple[Route, ...] = providers.ROUTES

SERVICE = Service(
    name="placement",
    root="/placement",
    version="",
    catalog=(("placement", "placement"),),
    routes=ROUTES,
    envelope=fault,
    forbidden=lambda route: f"Policy does not allow {route.policy} to be performed.",
    microversions=Range("placement", OLDEST, NEWEST),
)
