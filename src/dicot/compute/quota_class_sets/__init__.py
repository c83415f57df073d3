"""Quota classes: `default`, the limits of every project that has none of its own.

| Quota of the class `default` | ResourceQuota `dicot-compute-defaults` in Dicot's own namespace |
|---|---|
| instances, cores, ram, server_groups, server_group_members | annotations `quota.dicot.io/<quota>` |
| all others | as in quota sets |

That ResourceQuota itself limits nothing: Dicot alone checks what its annotations say.

Nova keeps limits of other classes, too, and never looks at them: to write one is refused, and to read one shows
`default`.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.compute.quota_class_sets import handlers
from dicot.compute.quota_class_sets.changes import HISTORY


def _route(method: str, handler: Handler, rule: str, *, body: str = "", query: str = "") -> Route:
    return Route(
        method=method,
        path="/os-quota-class-sets/{quota_class}",
        handler=handler,
        policy=f"os_compute_api:os-quota-class-sets:{rule}",
        rule=policy.cloud_admin,
        history=HISTORY,
        body=body,
        query=query,
        view="quota_class_set",
        key="quota_class_set",
    )


ROUTES = (
    _route("GET", handlers.show, "show", query="show"),
    _route("PUT", handlers.update, "update", body="update"),
)
