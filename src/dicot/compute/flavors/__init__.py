"""Flavors: KubeVirt's VirtualMachineClusterInstancetypes.

| Flavor | Instancetype |
|---|---|
| id | annotation `flavor.dicot.io/id`, else `metadata.name` |
| name | annotation `flavor.dicot.io/name`, else `metadata.name` |
| vcpus, ram | `spec.cpu.guest`, `spec.memory.guest` |
| disk, OS-FLV-EXT-DATA:ephemeral, swap | annotations `flavor.dicot.io/{root-gb,ephemeral-gb,swap-mb}`, or 0 |
| rxtx_factor, description, os-flavor-access:is_public | annotations `rxtx-factor`, `description`, `is-public` |
| extra_specs | annotation `flavor.dicot.io/extra-specs` (JSON), and what `compiled` makes of them in `spec` |
| flavor_access | annotation `flavor.dicot.io/projects` (JSON) |
| OS-FLV-DISABLED:disabled | false |

A machine without an instancetype has the flavor `custom-<vcpus>-<ram>`: it can be shown, not listed, and not used.
A private flavor is hidden from other projects here; with kubectl anybody may read every cluster instancetype.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.flavors import handlers
from dicot.compute.flavors.changes import HISTORY
from dicot.compute.flavors.manifest import flavor_ids

__all__ = ["ROUTES", "flavor_ids"]

_POLICY = "os_compute_api:flavors"
_MANAGE = "os_compute_api:os-flavor-manage"

ROUTES = (
    Route(
        method="GET",
        path="/flavors",
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        rule=policy.anyone,
        history=HISTORY,
        query="index",
        view="brief",
        key="flavors",
    ),
    Route(
        method="POST",
        path="/flavors",
        handler=handlers.create,
        policy=f"{_MANAGE}:create",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="create",
        view="flavor",
        key="flavor",
    ),
    Route(
        method="GET",
        path="/flavors/detail",
        handler=handlers.detail,
        policy=f"{_POLICY}:detail",
        rule=policy.anyone,
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
        rule=policy.anyone,
        history=HISTORY,
        query="show",
        view="flavor",
        key="flavor",
    ),
    Route(
        method="PUT",
        path="/flavors/{flavor_id}",
        handler=handlers.update,
        policy=f"{_MANAGE}:update",
        rule=policy.cloud_admin,
        since="2.55",
        history=HISTORY,
        body="update",
        view="flavor",
        key="flavor",
    ),
    Route(
        method="DELETE",
        path="/flavors/{flavor_id}",
        handler=handlers.delete,
        policy=f"{_MANAGE}:delete",
        rule=policy.cloud_admin,
    ),
)
