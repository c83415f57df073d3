"""Migrations: KubeVirt's VirtualMachineInstanceMigrations, which keeps the last five of an instance.

| Migration | VirtualMachineInstanceMigration |
|---|---|
| id | a number made of `metadata.uid`; uuid is that uid itself |
| instance_uuid | the server of `spec.vmiName` |
| status | `status.phase`; see `view.STATUS` |
| source_compute, dest_compute | `status.migrationState` sourceNode, targetNode; dest_host is that node's InternalIP |
| user_id | annotation `dicot.io/user-id`; `kubernetes` of one that others made |
| created_at, updated_at | `creationTimestamp`, the time of the last phase |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.migrations import handlers
from dicot.compute.migrations.changes import HISTORY

ROUTES = (
    Route(
        method="GET",
        path="/os-migrations",
        handler=handlers.index,
        policy="os_compute_api:os-migrations:index",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="index",
        view="migration",
        key="migrations",
    ),
)
