"""Roles: the well-known ones of Keystone, and IdentityRole objects of identity.dicot.io.

A well-known role is a ClusterRole that gathers what it may do in a namespace:

| Role | ClusterRole | also |
|---|---|---|
| reader | `dicot:reader` | `view` |
| member | `dicot:member` | `edit` |
| manager | `dicot:manager` | `admin` |
| admin | `dicot:admin` | `cluster-admin` |
| service | `dicot:service` | |

Every other role is a name that services read in tokens (Heat's `heat_stack_owner`); it gives no right in Kubernetes:

| Role | IdentityRole |
|---|---|
| id | label `dicot.io/role-id` |
| name, description, options, added attributes | `spec` of the same names, `spec.extra` |
| implied roles | `spec.implies`: ids, of such roles only |
| assignment | binding to `dicot:other` or `dicot:domain:other`, labelled `dicot.io/role-id` |
| domain_id | refused by name |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.roles import handlers, implications, schema

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=f"identity:{name}", rule=rule, history=HISTORY, body=body
    )


_ONE, _IMPLIED = "/roles/{role_id}", "/roles/{role_id}/implies/{implied_id}"

ROUTES = (
    _route("GET", "/roles", handlers.index, "list_roles", rules.reads_domain),
    _route("POST", "/roles", handlers.create, "create_role", policy.cloud_admin, "create"),
    _route("GET", _ONE, handlers.show, "get_role", rules.reads_domain),
    _route("PATCH", _ONE, handlers.update, "update_role", policy.cloud_admin, "update"),
    _route("DELETE", _ONE, handlers.delete, "delete_role", policy.cloud_admin),
    _route("GET", "/roles/{role_id}/implies", implications.index, "list_implied_roles", rules.reads_all),
    _route("GET", _IMPLIED, implications.show, "get_implied_role", rules.reads_all),
    _route("HEAD", _IMPLIED, implications.check, "check_implied_role", rules.reads_all),
    _route("PUT", _IMPLIED, implications.create, "create_implied_role", policy.cloud_admin),
    _route("DELETE", _IMPLIED, implications.delete, "delete_implied_role", policy.cloud_admin),
    _route("GET", "/role_inferences", implications.inferences, "list_role_inference_rules", rules.reads_all),
)
