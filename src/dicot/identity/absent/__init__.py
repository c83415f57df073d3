"""What Keystone can hold and Dicot has none of: policies, unified limits, drivers of domains. Nothing is kept for them.

| Object | Instead |
|---|---|
| policy | Kubernetes' ClusterRoles; Keystone itself never enforced these documents |
| registered limit, limit | quotas of the services, which are ResourceQuotas of the project's namespace |
| configuration of a domain | people of other directories come in through Kubernetes' own authentication |

Lists are empty, one object is 404, and whoever writes is refused by name with 403.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.absent import handlers


def _route(method: str, path: str, handler: Handler, verb: str, rule: Rule = policy.anyone) -> Route:
    return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule)


_POLICY, _LIMIT, _REGISTERED = "/policies/{policy_id}", "/limits/{limit_id}", "/registered_limits/{registered_limit_id}"
_CONFIG = "/domains/{domain_id}/config"

ROUTES = (
    _route("GET", "/policies", handlers.none("policies"), "list_policies", rules.reads_all),
    _route("POST", "/policies", handlers.refuse, "create_policy"),
    _route("GET", _POLICY, handlers.absent("policy"), "get_policy", rules.reads_all),
    _route("PATCH", _POLICY, handlers.refuse, "update_policy"),
    _route("DELETE", _POLICY, handlers.refuse, "delete_policy"),
    _route("GET", "/limits", handlers.none("limits"), "list_limits"),
    _route("POST", "/limits", handlers.refuse, "create_limits"),
    _route("GET", "/limits/model", handlers.model, "get_limit_model"),
    _route("GET", _LIMIT, handlers.absent("limit"), "get_limit"),
    _route("PATCH", _LIMIT, handlers.refuse, "update_limit"),
    _route("DELETE", _LIMIT, handlers.refuse, "delete_limit"),
    _route("GET", "/registered_limits", handlers.none("registered_limits"), "list_registered_limits"),
    _route("POST", "/registered_limits", handlers.refuse, "create_registered_limits"),
    _route("GET", _REGISTERED, handlers.absent("registered_limit"), "get_registered_limit"),
    _route("PATCH", _REGISTERED, handlers.refuse, "update_registered_limit"),
    _route("DELETE", _REGISTERED, handlers.refuse, "delete_registered_limit"),
    _route("GET", _CONFIG, handlers.no_configuration, "get_domain_config", rules.reads_all),
    _route("PUT", _CONFIG, handlers.refuse, "create_domain_config"),
    _route("PATCH", _CONFIG, handlers.refuse, "update_domain_config"),
    _route("DELETE", _CONFIG, handlers.refuse, "delete_domain_config"),
)
