"""Migrations of one server that are under way. How each is spelt in Kubernetes stands in `migrations`.

| Call | Kubernetes |
|---|---|
| abort | the deletion of its VirtualMachineInstanceMigration |
| force_complete | none: KubeVirt alone decides when a guest is paused for the last of its memory |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.server_migrations import handlers
from dicot.compute.server_migrations.changes import HISTORY

_ALL = "/servers/{server_id}/migrations"
_ONE = f"{_ALL}/{{migration_id}}"
_POLICY = "os_compute_api:servers:migrations"

ROUTES = (
    Route(
        method="GET",
        path=_ALL,
        handler=handlers.index,
        policy=f"{_POLICY}:index",
        rule=policy.cloud_admin,
        since="2.23",
        history=HISTORY,
        query="index",
        view="migration",
        key="migrations",
    ),
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        rule=policy.cloud_admin,
        since="2.23",
        history=HISTORY,
        query="show",
        view="migration",
        key="migration",
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=handlers.delete,
        policy=f"{_POLICY}:delete",
        rule=policy.cloud_admin,
        since="2.24",
    ),
    Route(
        method="POST",
        path=f"{_ONE}/action",
        handler=handlers.force_complete,
        action="force_complete",
        policy=f"{_POLICY}:force_complete",
        rule=policy.cloud_admin,
        since="2.22",
        history=HISTORY,
        body="force_complete",
    ),
)
