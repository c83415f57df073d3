"""Usage of projects: what the servers that exist now have used since they were launched.

| Usage | VirtualMachine |
|---|---|
| started_at | when its instance ran first, as far as it still tells; else `creationTimestamp` |
| vcpus, memory_mb, local_gb, flavor | the server's flavor |
| state | the server's `vm_state` |

A server that was deleted has left nothing in Kubernetes, so it is not counted: meters are for monitoring to read.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.simple_tenant_usage import handlers
from dicot.compute.simple_tenant_usage.changes import HISTORY

_POLICY = "os_compute_api:os-simple-tenant-usage"

ROUTES = (
    Route(
        method="GET",
        path="/os-simple-tenant-usage",
        handler=handlers.index,
        policy=f"{_POLICY}:list",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="index",
    ),
    Route(
        method="GET",
        path="/os-simple-tenant-usage/{target_id}",
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
    ),
)
