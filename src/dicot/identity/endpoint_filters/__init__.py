"""Filters of endpoints (OS-EP-FILTER): every project has the whole catalog, so that there are none.

| Keystone | Here |
|---|---|
| endpoint group, and its projects | none |
| endpoint given to a project | none: without a filter Keystone, too, shows a project every endpoint |

Lists are empty, a group is 404, and whoever writes is refused by name with 403.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.absent.handlers import absent, none, refuse
from dicot.identity.endpoint_filters import handlers
from dicot.identity.endpoint_filters.handlers import endpoint, project


def _route(method: str, path: str, handler: Handler, verb: str, rule: Rule = policy.anyone) -> Route:
    return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule)


def _reads(path: str, handler: Handler, verb: str) -> Route:
    return _route("GET", path, handler, verb, rules.reads_all)


_NO = refuse("Endpoints are not filtered here: every project has the whole catalog, which says what Dicot serves.")
_NO_GROUP = absent("Endpoint Group", "endpoint_group_id")
_ROOT = "/OS-EP-FILTER"
_GROUPS, _GROUP = f"{_ROOT}/endpoint_groups", f"{_ROOT}/endpoint_groups/{{endpoint_group_id}}"
_HAS, _OF = f"{_GROUP}/projects/{{project_id}}", f"{_ROOT}/projects/{{project_id}}"
_GIVEN = f"{_OF}/endpoints/{{endpoint_id}}"

ROUTES = (
    _reads(_GROUPS, none("endpoint_groups"), "list_endpoint_groups"),
    _route("POST", _GROUPS, _NO, "create_endpoint_group"),
    _reads(_GROUP, _NO_GROUP, "get_endpoint_group"),
    _route("PATCH", _GROUP, _NO, "update_endpoint_group"),
    _route("DELETE", _GROUP, _NO, "delete_endpoint_group"),
    _reads(f"{_GROUP}/endpoints", _NO_GROUP, "list_endpoints_associated_with_endpoint_group"),
    _reads(f"{_GROUP}/projects", _NO_GROUP, "list_projects_associated_with_endpoint_group"),
    _reads(_HAS, _NO_GROUP, "get_endpoint_group_in_project"),
    _route("PUT", _HAS, _NO, "add_endpoint_group_to_project"),
    _route("DELETE", _HAS, _NO, "remove_endpoint_group_from_project"),
    _reads(f"{_ROOT}/endpoints/{{endpoint_id}}/projects", none("projects", endpoint), "list_projects_for_endpoint"),
    _reads(f"{_OF}/endpoint_groups", none("endpoint_groups", project), "list_endpoint_groups_for_project"),
    _reads(f"{_OF}/endpoints", none("endpoints", project), "list_endpoints_for_project"),
    _reads(_GIVEN, handlers.check, "check_endpoint_in_project"),
    _route("PUT", _GIVEN, _NO, "add_endpoint_to_project"),
    _route("DELETE", _GIVEN, _NO, "remove_endpoint_from_project"),
)
