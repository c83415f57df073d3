"""Quota sets: a ResourceQuota of the project's namespace.

| Quota | ResourceQuota `dicot-compute` |
|---|---|
| instances | `spec.hard["count/virtualmachines.kubevirt.io"]` |
| cores, ram, server_groups, server_group_members | annotations `quota.dicot.io/<quota>`: checked by Dicot only |
| key_pairs, metadata_items, injected_files* | cannot be changed |
| any of these set to -1 | annotation `quota.dicot.io/<quota>: "-1"`: the default does not count, either |
| floating_ips, fixed_ips, security_groups, security_group_rules | unlimited here: Neutron's |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.compute.quota_sets import handlers
from dicot.compute.quota_sets.changes import HISTORY

_POLICY = "os_compute_api:os-quota-sets"
_ONE = "/os-quota-sets/{target_id}"

ROUTES = (
    Route(
        method="GET",
        path=_ONE,
        handler=handlers.show,
        policy=f"{_POLICY}:show",
        history=HISTORY,
        query="show",
        view="quota_set",
        key="quota_set",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/detail",
        handler=handlers.detail,
        policy=f"{_POLICY}:detail",
        history=HISTORY,
        query="show",
        view="detail",
        key="quota_set",
    ),
    Route(
        method="GET",
        path=f"{_ONE}/defaults",
        handler=handlers.defaults,
        policy=f"{_POLICY}:defaults",
        rule=policy.anyone,
        history=HISTORY,
        query="defaults",
        view="quota_set",
        key="quota_set",
    ),
    Route(
        method="PUT",
        path=_ONE,
        handler=handlers.update,
        policy=f"{_POLICY}:update",
        rule=policy.cloud_admin,
        history=HISTORY,
        body="update",
        query="show",
        view="quota_set",
        key="quota_set",
    ),
    Route(
        method="DELETE",
        path=_ONE,
        handler=handlers.delete,
        policy=f"{_POLICY}:delete",
        rule=policy.cloud_admin,
        history=HISTORY,
        query="show",
    ),
)
