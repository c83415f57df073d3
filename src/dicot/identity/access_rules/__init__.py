"""Access rules: AccessRule objects of identity.dicot.io. An application credential that names some may do only that.

| Access rule | Where |
|---|---|
| id | label `dicot.io/access-rule-id`, made of what the rule says: a user's two equal rules are one |
| service, method, path | `spec` of the same names |
| whose it is | `spec.userId`, and the owner reference |

They are enforced on each request of each service (dicot.identity.access).
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.identity.access_rules import handlers

_MANY, _ONE = "/users/{user_id}/access_rules", "/users/{user_id}/access_rules/{access_rule_id}"


def _route(method: str, path: str, handler: Handler, verb: str) -> Route:
    return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=policy.anyone)


ROUTES = (
    _route("GET", _MANY, handlers.index, "list_access_rules"),
    _route("GET", _ONE, handlers.show, "get_access_rule"),
    _route("DELETE", _ONE, handlers.delete, "delete_access_rule"),
)
