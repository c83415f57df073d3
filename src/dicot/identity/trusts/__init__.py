"""Trusts: Trust objects of identity.dicot.io, and a RoleBinding in the project for each role delegated.

| Trust | Where |
|---|---|
| id | label `dicot.io/trust-id` |
| trustor_user_id, trustee_user_id, project_id | `spec.trustorUserId`, `spec.trusteeUserId`, `spec.projectId` |
| impersonation, remaining_uses, expires_at | `spec.impersonation`, `spec.remainingUses`, `spec.expiresAt` |
| roles | `spec.roles`; RoleBindings of the user `dicot:trust:<id>`, owned by the Trust |
| redelegation_count, redelegated_trust_id | `spec.redelegationCount`, `spec.redelegatedTrustId` |
| deleted_at | always null: what is deleted is gone |

A token of a trust acts as the Kubernetes user `dicot:trust:<id>`, who has the delegated roles in the one project and
nothing else; the trustor must still have every one of them.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.route import Handler, Route
from dicot.identity.trusts import handlers, schema

HISTORY = History({"create": schema.CREATE})
_MANY, _ONE = "/OS-TRUST/trusts", "/OS-TRUST/trusts/{trust_id}"


def _route(method: str, path: str, handler: Handler, verb: str, body: str = "") -> Route:
    return Route(
        method=method,
        path=path,
        handler=handler,
        policy=f"identity:{verb}",
        rule=policy.anyone,  # the handlers know whose a trust is
        history=HISTORY,
        body=body,
    )


ROUTES = (
    _route("GET", _MANY, handlers.index, "list_trusts"),
    _route("POST", _MANY, handlers.create, "create_trust", "create"),
    _route("GET", _ONE, handlers.show, "get_trust"),
    _route("DELETE", _ONE, handlers.delete, "delete_trust"),
    _route("GET", f"{_ONE}/roles", handlers.roles, "list_roles_for_trust"),
    _route("GET", f"{_ONE}/roles/{{role_id}}", handlers.role, "get_role_for_trust"),
)
