"""Domains: Domain objects of identity.dicot.io.

| Domain | Where |
|---|---|
| id | label `dicot.io/domain-id`, else `metadata.uid` |
| name, description, enabled, tags | `spec` of the same names |
| added attributes | `spec.extra` |
| options | none: refused |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.domains import handlers, schema

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method, path=path, handler=handler, policy=f"identity:{name}", rule=rule, history=HISTORY, body=body
    )


_ONE = "/domains/{domain_id}"

ROUTES = (
    _route("GET", "/domains", handlers.index, "list_domains", rules.reads_domain),
    _route("POST", "/domains", handlers.create, "create_domain", policy.cloud_admin, "create"),
    _route("GET", _ONE, handlers.show, "get_domain", policy.anyone),
    _route("PATCH", _ONE, handlers.update, "update_domain", policy.cloud_admin, "update"),
    _route("DELETE", _ONE, handlers.delete, "delete_domain", policy.cloud_admin),
)
