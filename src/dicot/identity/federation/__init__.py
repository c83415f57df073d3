"""Federation, as far as clients use it to log in: Kubernetes is the one identity provider, bearer tokens its protocol.

| Keystone | Kubernetes |
|---|---|
| identity provider `kubernetes`, protocol `openid` | whatever the API server takes as a bearer token |
| assertion | `Authorization: Bearer`, asked of TokenReview |
| mapping | none: the person's user name and groups are those of Kubernetes, roles are RoleBindings |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.identity.federation import handlers
from dicot.identity.scopes import handlers as scopes

_AUTH = "/OS-FEDERATION/identity_providers/{provider_id}/protocols/{protocol_id}/auth"

ROUTES = (
    Route(method="GET", path=_AUTH, handler=handlers.login, public=True),
    Route(method="POST", path=_AUTH, handler=handlers.login, public=True),
    Route(
        method="GET",
        path="/OS-FEDERATION/projects",
        handler=scopes.list_projects,
        policy="identity:get_auth_projects",
        rule=policy.anyone,
    ),
    Route(
        method="GET",
        path="/OS-FEDERATION/domains",
        handler=scopes.list_domains,
        policy="identity:get_auth_domains",
        rule=policy.anyone,
    ),
)
