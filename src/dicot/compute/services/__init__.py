"""Services: what runs servers and what decides about them.

| Service | Kubernetes |
|---|---|
| nova-compute | KubeVirt's handler on a Node: its name is the host, its zone the node's |
| nova-scheduler, nova-conductor | the Leases of Kubernetes' scheduler and of Dicot's reconciler, where there are any |
| id | derived from the object's uid; a number out of it before 2.53 |
| status | `spec.unschedulable`: disabling a host cordons it |
| disabled_reason, forced_down | annotations `compute.dicot.io/disabled-reason`, `compute.dicot.io/forced-down` |
| state | up: condition Ready, label `kubevirt.io/schedulable`, not forced down; a Lease: renewed within a minute |
| updated_at | annotation `kubevirt.io/heartbeat`; the Lease's `spec.renewTime` |
| delete | deletes the Node, once it is down and runs no server |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.compute.services import handlers
from dicot.compute.services.changes import HISTORY

_POLICY = "os_compute_api:os-services"
_ONE = "/os-services/{service_id}"


def _route(
    method: str, path: str, handler: Handler, rule: str, *, body: str = "", query: str = "", view: str = "",
    key: str = ""
) -> Route:  # fmt: skip
    return Route(
        method=method,
        path=path,
        handler=handler,
        policy=f"{_POLICY}:{rule}",
        rule=policy.cloud_admin,
        history=HISTORY,
        body=body,
        query=query,
        view=view,
        key=key,
    )


ROUTES = (
    _route("GET", "/os-services", handlers.index, "list", query="index", view="service", key="services"),
    _route("PUT", _ONE, handlers.update, "update", body="update", view="service", key="service"),
    _route("DELETE", _ONE, handlers.delete, "delete"),
)
