"""Tokens: sealed messages, kept nowhere.

| Token | Where |
|---|---|
| user, scope, methods, audit ids, times | in the token itself |
| roles | RoleBindings and ClusterRoleBindings, at each use |
| revocation | a RevokedToken object until the token would have ended |
| keys | Secret `dicot-fernet-keys` |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.microversion import History
from dicot.api.route import Route
from dicot.identity import rules
from dicot.identity.tokens import handlers, revocations, schema

HISTORY = History({"create": schema.CREATE})
_PATH = "/auth/tokens"

ROUTES = (
    Route(method="POST", path=_PATH, handler=handlers.create, public=True, history=HISTORY, body="create"),
    Route(method="GET", path=_PATH, handler=handlers.show, policy="identity:validate_token", rule=policy.anyone),
    Route(method="HEAD", path=_PATH, handler=handlers.check, policy="identity:check_token", rule=policy.anyone),
    Route(method="DELETE", path=_PATH, handler=handlers.delete, policy="identity:revoke_token", rule=policy.anyone),
    Route(
        method="GET",
        path="/OS-REVOKE/events",
        handler=revocations.events,
        policy="identity:list_revoke_events",
        rule=rules.validates,
    ),
)
