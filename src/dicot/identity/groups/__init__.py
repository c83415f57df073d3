"""Groups: Group objects of identity.dicot.io, which hold the ids of their members.

| Group | Where |
|---|---|
| id | label `dicot.io/group-id`, else `metadata.uid` |
| name, description | `spec` of the same names |
| domain_id | `spec.domainId` |
| users | `spec.members` |
| added attributes | `spec.extra` |

Kubernetes knows the group as `dicot:group:<id>`.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.groups import handlers, schema

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=f"identity:{name}", rule=rule, history=HISTORY, body=body
    )


_ONE, _MEMBER = "/groups/{group_id}", "/groups/{group_id}/users/{user_id}"

ROUTES = (
    _route("GET", "/groups", handlers.index, "list_groups", rules.reads_domain),
    _route("POST", "/groups", handlers.create, "create_group", policy.cloud_admin, "create"),
    _route("GET", _ONE, handlers.show, "get_group", rules.reads_domain),
    _route("PATCH", _ONE, handlers.update, "update_group", policy.cloud_admin, "update"),
    _route("DELETE", _ONE, handlers.delete, "delete_group", policy.cloud_admin),
    _route("GET", "/groups/{group_id}/users", handlers.members, "list_users_in_group", rules.reads_domain),
    _route("GET", _MEMBER, handlers.check_member, "check_user_in_group", policy.anyone),
    _route("PUT", _MEMBER, handlers.add_member, "add_user_to_group", policy.cloud_admin),
    _route("DELETE", _MEMBER, handlers.remove_member, "remove_user_from_group", policy.cloud_admin),
    _route("GET", "/users/{user_id}/groups", handlers.of_user, "list_groups_for_user", policy.anyone),
)
