"""Flavors: KubeVirt's VirtualMachineClusterInstancetypes.

| Flavor | Instancetype |
|---|---|
| id | annotation `flavor.dicot.io/id`, else `metadata.name` |
| name | annotation `flavor.dicot.io/name`, else `metadata.name` |
| vcpus, ram | `spec.cpu.guest`, `spec.memory.guest` |
| disk, OS-FLV-EXT-DATA:ephemeral, swap | annotations `flavor.dicot.io/root-gb`, `ephemeral-gb`, `swap-mb`; absent is 0 |
| rxtx_factor, description, os-flavor-access:is_public | annotations `rxtx-factor`, `description`, `is-public` |
| extra_specs | annotation `flavor.dicot.io/extra-specs` (JSON) |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.compute.flavors import handlers
from dicot.compute.flavors.changes import HISTORY
from dicot.compute.flavors.manifest import flavor_ids

__all__ = ["ROUTES", "flavor_ids"]

_POLICY = "os_compute_api:flavors"

ROUTES = (
    Route(
        method="GET",
        path="/flavors",
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        history=HISTORY,
        query="index",
        view="flavor",
        key="flavors",
    ),
    Route(
        method="GET",
        path="/flavors/detail",
        handler=handlers.detail,
        policy=f"{_POLICY}:detail",
        history=HISTORY,
        query="index",
        view="flavor",
        key="flavors",
    ),
    Route(
        method="GET",
        path="/flavors/{flavor_id}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        view="flavor",
        key="flavor",
    ),
)
