"""Which projects a private flavor is for: annotation `flavor.dicot.io/projects` of its cluster instancetype."""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.flavor_access import handlers
from dicot.compute.flavor_access.changes import HISTORY

_POLICY = "os_compute_api:os-flavor-access"

ROUTES = (
    Route(
        method="GET",
        path="/flavors/{flavor_id}/os-flavor-access",
        handler=handlers.index,
        policy=_POLICY,
        rule=policy.cloud_admin,
        history=HISTORY,
        query="index",
    ),
    Route(
        method="POST",
        path="/flavors/{flavor_id}/action",
        action="addTenantAccess",
        handler=handlers.add_tenant_access,
        policy=f"{_POLICY}:add_tenant_access",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="add_tenant_access",
    ),
    Route(
        method="POST",
        path="/flavors/{flavor_id}/action",
        action="removeTenantAccess",
        handler=handlers.remove_tenant_access,
        policy=f"{_POLICY}:remove_tenant_access",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="remove_tenant_access",
    ),
)
