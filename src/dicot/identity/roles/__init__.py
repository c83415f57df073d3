"""Roles: the well-known ones of Keystone, each a ClusterRole that gathers what a role may do in a namespace.

| Role | ClusterRole | also |
|---|---|---|
| reader | `dicot:reader` | `view` |
| member | `dicot:member` | `edit` |
| manager | `dicot:manager` | `admin` |
| admin | `dicot:admin` | `cluster-admin` |
| service | `dicot:service` | |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules, schemas
from dicot.identity.roles import handlers

HISTORY = History({"create": schemas.wrapped("role", schemas.create({"name": schemas.name(255)}, "name"))})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=f"identity:{name}", rule=rule, history=HISTORY, body=body
    )


_ONE, _IMPLIED = "/roles/{role_id}", "/roles/{role_id}/implies/{implied_id}"

ROUTES = (
    _route("GET", "/roles", handlers.index, "list_roles", rules.reads_domain),
    _route("POST", "/roles", handlers.create, "create_role", policy.cloud_admin, "create"),
    _route("GET", _ONE, handlers.show, "get_role", rules.reads_domain),
    _route("PATCH", _ONE, handlers.update, "update_role", policy.cloud_admin),
    _route("DELETE", _ONE, handlers.delete, "delete_role", policy.cloud_admin),
    _route("GET", "/roles/{role_id}/implies", handlers.implies, "list_implied_roles", rules.reads_all),
    _route("GET", _IMPLIED, handlers.implied, "get_implied_role", rules.reads_all),
    _route("GET", "/role_inferences", handlers.inferences, "list_role_inference_rules", rules.reads_all),
)
