"""Server groups: custom resources of the project's namespace, enforced by the affinity of their members.

| Server group | ServerGroup |
|---|---|
| id | label `dicot.io/server-group-id`, else `metadata.uid` |
| name, policy, user_id | `spec.name`, `spec.policy`, `spec.userId` |
| rules.max_server_per_host | `spec.maxServersPerHost` |
| project_id | its namespace |
| members | VirtualMachines with the label `dicot.io/server-group` |

| Policy | Affinity of a member |
|---|---|
| affinity, soft-affinity | podAffinity to the group, required or preferred |
| anti-affinity, soft-anti-affinity | podAntiAffinity to the group, required or preferred |
| anti-affinity, N servers a host | each member has one of N seats; podAntiAffinity to the same seat of the group |
"""

from __future__ import annotations

from dicot.api.route import Handler, Route
from dicot.compute.server_groups import handlers
from dicot.compute.server_groups.changes import HISTORY

_POLICY = "os_compute_api:os-server-groups"


def _route(method: str, path: str, handler: Handler, rule: str, *, body: str = "", query: str = "") -> Route:
    return Route(
        method=method,
        path=f"/os-server-groups{path}",
        handler=handler,
        policy=f"{_POLICY}:{rule}",
        history=HISTORY,
        body=body,
        query=query,
        view="" if method == "DELETE" else "server_group",
        key="server_groups" if rule == "index" else "server_group",
    )


ROUTES = (
    _route("GET", "", handlers.index, "index", query="index"),
    _route("POST", "", handlers.create, "create", body="create"),
    _route("GET", "/{group_id}", handlers.show, "show", query="show"),
    _route("DELETE", "/{group_id}", handlers.delete, "delete"),
)
