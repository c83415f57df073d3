"""Users: User objects of identity.dicot.io, and Secrets with the hashes of their passwords.

| User | Where |
|---|---|
| id | label `dicot.io/user-id`, else `metadata.uid` |
| name, enabled, description, email | `spec` of the same names |
| domain_id, default_project_id | `spec.domainId`, `spec.defaultProjectId` |
| options, added attributes | `spec.options`, `spec.extra` |
| password | Secret in Dicot's namespace: argon2 |
| password_expires_at | always null |

Kubernetes knows the user as `dicot:<id>`. People whom only Kubernetes knows have an id made of their name.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.users import handlers, schema

HISTORY = History({"create": schema.CREATE, "update": schema.UPDATE, "password": schema.CHANGE_PASSWORD})


def _route(method: str, path: str, handler: Handler, name: str, rule: Rule, body: str = "") -> Route:
    return Route(
        method=method,
        path=f"/users{path}",
        handler=handler,
        policy=f"identity:{name}",
        rule=rule,
        history=HISTORY,
        body=body,
    )


ROUTES = (
    _route("GET", "", handlers.index, "list_users", rules.reads_domain),
    _route("POST", "", handlers.create, "create_user", policy.cloud_admin, "create"),
    _route("GET", "/{user_id}", handlers.show, "get_user", policy.anyone),
    _route("PATCH", "/{user_id}", handlers.update, "update_user", policy.cloud_admin, "update"),
    _route("DELETE", "/{user_id}", handlers.delete, "delete_user", policy.cloud_admin),
    _route("DELETE", "/{user_id}/tokens", handlers.revoke_tokens, "revoke_tokens_for_user", policy.anyone),
    Route(
        method="POST",
        path="/users/{user_id}/password",
        handler=handlers.change_password,
        public=True,
        history=HISTORY,
        body="password",
    ),
)
