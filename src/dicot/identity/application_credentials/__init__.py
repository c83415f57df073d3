"""Application credentials: ApplicationCredential objects of identity.dicot.io, and Secrets with their hashes.

| Application credential | Where |
|---|---|
| id | label `dicot.io/application-credential-id` |
| name, description, unrestricted | `spec` of the same names |
| user_id, project_id, expires_at | `spec.userId`, `spec.projectId`, `spec.expiresAt` |
| roles | `spec.roles`: an upper bound; the user must still have them. RoleBindings of `dicot:appcred:<id>`, see below |
| secret | Secret in Dicot's namespace: argon2 |
| access_rules | `spec.accessRules`: ids of AccessRules |
| system | refused by name |

A token of a credential that stands for less than its user (fewer roles, or access rules) acts as the Kubernetes user
`dicot:appcred:<id>`, who has those roles and nothing else; one that stands for all of them acts as the user.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.route import Handler, Route
from dicot.identity.application_credentials import handlers, schema

HISTORY = History({"create": schema.CREATE})
_MANY = "/users/{user_id}/application_credentials"
_ONE = f"{_MANY}/{{application_credential_id}}"


def _route(method: str, path: str, handler: Handler, verb: str, body: str = "") -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        policy=f"identity:{verb}",
        rule=policy.anyone,
        history=HISTORY,
        body=body,
    )


ROUTES = (
    _route("GET", _MANY, handlers.index, "list_application_credentials"),
    _route("POST", _MANY, handlers.create, "create_application_credential", "create"),
    _route("GET", _ONE, handlers.show, "get_application_credential"),
    _route("DELETE", _ONE, handlers.delete, "delete_application_credential"),
)
