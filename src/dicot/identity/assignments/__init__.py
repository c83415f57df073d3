"""Role assignments: RoleBindings and ClusterRoleBindings.

| Assignment | Binding |
|---|---|
| on a project | RoleBinding there to ClusterRole `dicot:<role>`, `view`, `edit`, `admin` or `cluster-admin` |
| on the system | ClusterRoleBinding to the same |
| on a domain | ClusterRoleBinding to `dicot:domain:<role>`, which has no rules; label `dicot.io/domain-id` |
| user | subject User `dicot:<user id>`, or whatever name Kubernetes itself knows; a ServiceAccount |
| group | subject Group `dicot:group:<group id>` |
| role that was made through Keystone | the same, to `dicot:other` and `dicot:domain:other`; label `dicot.io/role-id` |
| inherited | ClusterRoleBinding to `dicot:domain:<role>`, label `dicot.io/inherited-to: projects` |
| ... made true in each project below | RoleBinding there, label `dicot.io/inherited-from`, kept by the reconciler |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.assignments import handlers, inheritance, listing

_TARGETS = ("/projects/{project_id}", "/domains/{domain_id}", "/system")
_ANY = policy.anyone  # the handlers know which target it is about
_ACTORS = ("/users/{user_id}", "/groups/{group_id}")


_GRANTS = (handlers.index, handlers.assign, handlers.check, handlers.revoke)
_INHERITED = (inheritance.index, inheritance.assign, inheritance.check, inheritance.revoke)


def _routes(many: str, one: str, does: tuple[Handler, Handler, Handler, Handler]) -> tuple[Route, ...]:
    """Return the routes of the roles of one kind of actor on one kind of target."""
    index, assign, check, revoke = does
    return (
        Route(method="GET", path=many, handler=index, policy="identity:list_grants", rule=_ANY),
        Route(method="PUT", path=one, handler=assign, policy="identity:create_grant", rule=_ANY),
        Route(method="GET", path=one, handler=check, policy="identity:check_grant", rule=_ANY),
        Route(method="DELETE", path=one, handler=revoke, policy="identity:revoke_grant", rule=_ANY),
    )


ROUTES = (
    *(
        route
        for target in _TARGETS
        for actor in _ACTORS
        for route in _routes(f"{target}{actor}/roles", f"{target}{actor}/roles/{{role_id}}", _GRANTS)
    ),
    *(
        route
        for target in _TARGETS[:2]
        for actor in _ACTORS
        for route in _routes(
            f"/OS-INHERIT{target}{actor}/roles/inherited_to_projects",
            f"/OS-INHERIT{target}{actor}/roles/{{role_id}}/inherited_to_projects",
            _INHERITED,
        )
    ),
    Route(
        method="GET",
        path="/role_assignments",
        handler=listing.index,
        policy="identity:list_role_assignments",
        rule=rules.reads_domain,
    ),
)
