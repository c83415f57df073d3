"""What one may scope to: `/v3/auth/projects`, `/v3/auth/domains`, `/v3/auth/system`, `/v3/auth/catalog`.

Answers are read from RoleBindings and ClusterRoleBindings, indexed by subject.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.identity.scopes import handlers


def _route(path: str, handler: Handler, name: str) -> Route:
    return Route(method="GET", path=path, handler=handler, policy=f"identity:{name}", rule=policy.anyone)


ROUTES = (
    _route("/auth/projects", handlers.list_projects, "get_auth_projects"),
    _route("/auth/domains", handlers.list_domains, "get_auth_domains"),
    _route("/auth/system", handlers.list_system, "get_auth_system"),
    _route("/auth/catalog", handlers.show_catalog, "get_auth_catalog"),
    _route("/users/{user_id}/projects", handlers.projects_of_user, "list_user_projects"),
)
