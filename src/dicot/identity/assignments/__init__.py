"""Role assignments: RoleBindings and ClusterRoleBindings.

| Assignment | Binding |
|---|---|
| on a project | RoleBinding there to ClusterRole `dicot:<role>`, `view`, `edit`, `admin` or `cluster-admin` |
| on the system | ClusterRoleBinding to the same |
| on a domain | ClusterRoleBinding to `dicot:domain:<role>`, which has no rules; label `dicot.io/domain-id` |
| user | subject User `dicot:<user id>`, or whatever name Kubernetes itself knows; a ServiceAccount |
| group | subject Group `dicot:group:<group id>` |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Route
from dicot.identity import rules
from dicot.identity.assignments import handlers, listing

_TARGETS = ("/projects/{project_id}", "/domains/{domain_id}", "/system")
_ANY = policy.anyone  # the handlers know which target it is about
_ACTORS = ("/users/{user_id}", "/groups/{group_id}")


def _routes(path: str) -> tuple[Route, ...]:
    """Return the routes of the roles of one kind of actor on one kind of target."""
    one = f"{path}/roles/{{role_id}}"
    return (
        Route(method="GET", path=f"{path}/roles", handler=handlers.index, policy="identity:list_grants", rule=_ANY),
        Route(method="PUT", path=one, handler=handlers.assign, policy="identity:create_grant", rule=_ANY),
        Route(method="GET", path=one, handler=handlers.check, policy="identity:check_grant", rule=_ANY),
        Route(method="DELETE", path=one, handler=handlers.revoke, policy="identity:revoke_grant", rule=_ANY),
    )


ROUTES = (
    *(route for target in _TARGETS for actor in _ACTORS for route in _routes(f"{target}{actor}")),
    Route(
        method="GET",
        path="/role_assignments",
        handler=listing.index,
        policy="identity:list_role_assignments",
        rule=rules.reads_domain,
    ),
)
