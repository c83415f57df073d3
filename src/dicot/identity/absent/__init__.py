"""What Keystone can hold and Dicot has none of: policies, unified limits, drivers of domains. Nothing is kept for them.

| Object | Instead |
|---|---|
| policy, and where one holds | Kubernetes' ClusterRoles; Keystone itself never enforced these documents |
| registered limit, limit | quotas of the services, which are ResourceQuotas of the project's namespace |
| configuration of a domain | people of other directories come in through Kubernetes' own authentication |
| consumer and tokens of OAuth 1 | application credentials and trusts |
| certificates, revocation lists of PKI tokens | gone from Keystone, too |

Lists are empty, one object is 404, and whoever writes is refused by name with 403.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.request import Request
from dicot.api.route import Handler, Route
from dicot.cluster import Cluster
from dicot.identity import lookup, rules
from dicot.identity.absent import handlers
from dicot.identity.absent.handlers import absent, none, refuse, unserved


def _route(method: str, path: str, handler: Handler, verb: str, rule: Rule = policy.anyone) -> Route:
    return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule)


def _association(path: str, verb: str) -> tuple[Route, ...]:
    """Return the routes of where a policy holds: there is no policy."""
    return (
        _route("GET", path, absent("policy"), f"check_policy_association_for_{verb}", rules.reads_all),
        _route("PUT", path, _NO_POLICY, f"create_policy_association_for_{verb}"),
        _route("DELETE", path, _NO_POLICY, f"delete_policy_association_for_{verb}"),
    )


_NO_POLICY = refuse("Policies are not kept here: Kubernetes' ClusterRoles say who may do what.")
_POLICY, _HOLDS = "/policies/{policy_id}", "/policies/{policy_id}/OS-ENDPOINT-POLICY"
_OF_A_SERVICE = f"{_HOLDS}/services/{{service_id}}"

POLICIES = (
    _route("GET", "/policies", none("policies"), "list_policies", rules.reads_all),
    _route("POST", "/policies", _NO_POLICY, "create_policy"),
    _route("GET", _POLICY, absent("policy"), "get_policy", rules.reads_all),
    _route("PATCH", _POLICY, _NO_POLICY, "update_policy"),
    _route("DELETE", _POLICY, _NO_POLICY, "delete_policy"),
    _route("GET", f"{_HOLDS}/endpoints", absent("policy"), "list_endpoints_for_policy", rules.reads_all),
    *_association(f"{_HOLDS}/endpoints/{{endpoint_id}}", "endpoint"),
    *_association(_OF_A_SERVICE, "service"),
    *_association(f"{_OF_A_SERVICE}/regions/{{region_id}}", "region_and_service"),
    _route(
        "GET",
        "/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy",
        handlers.no_association,
        "get_policy_for_endpoint",
        rules.reads_all,
    ),
)

_NO_LIMIT = refuse("Unified limits are not kept here: each service has quotas of its own.")
_LIMIT, _REGISTERED = "/limits/{limit_id}", "/registered_limits/{registered_limit_id}"

LIMITS = (
    _route("GET", "/limits", none("limits"), "list_limits"),
    _route("POST", "/limits", _NO_LIMIT, "create_limits"),
    _route("GET", "/limits/model", handlers.model, "get_limit_model"),
    _route("GET", _LIMIT, absent("limit"), "get_limit"),
    _route("PATCH", _LIMIT, _NO_LIMIT, "update_limit"),
    _route("DELETE", _LIMIT, _NO_LIMIT, "delete_limit"),
    _route("GET", "/registered_limits", none("registered_limits"), "list_registered_limits"),
    _route("POST", "/registered_limits", _NO_LIMIT, "create_registered_limits"),
    _route("GET", _REGISTERED, absent("registered_limit"), "get_registered_limit"),
    _route("PATCH", _REGISTERED, _NO_LIMIT, "update_registered_limit"),
    _route("DELETE", _REGISTERED, _NO_LIMIT, "delete_registered_limit"),
)

_NO_CONFIG = refuse("Domains have no drivers here: other directories come in through Kubernetes' own authentication.")
_CONFIG = "/domains/{domain_id}/config"
_GROUP = f"{_CONFIG}/{{group}}"

CONFIGURATIONS = (
    _route("PUT", _CONFIG, _NO_CONFIG, "create_domain_config"),
    *(
        one
        for path in (_CONFIG, _GROUP, f"{_GROUP}/{{option}}")
        for one in (
            _route("GET", path, handlers.no_configuration, "get_domain_config", rules.reads_all),
            _route("PATCH", path, _NO_CONFIG, "update_domain_config"),
            _route("DELETE", path, _NO_CONFIG, "delete_domain_config"),
        )
    ),
    *(
        _route(
            "GET", f"/domains/config{part}/default", handlers.no_default, "get_domain_config_default", rules.reads_all
        )
        for part in ("", "/{group}", "/{group}/{option}")
    ),
)


def _user(request: Request, cluster: Cluster) -> None:
    lookup.user(cluster, request.params["user_id"])


_DELEGATE = "OAuth 1 is not served: make an application credential or a trust."
_NO_OAUTH1 = refuse(_DELEGATE)
_OAUTH1 = "/OS-OAUTH1"
_CONSUMER = f"{_OAUTH1}/consumers/{{consumer_id}}"
_GIVEN = "/users/{user_id}/OS-OAUTH1/access_tokens"
_ONE_GIVEN = f"{_GIVEN}/{{access_token_id}}"

OAUTH1 = (
    _route("GET", f"{_OAUTH1}/consumers", none("consumers"), "list_consumers", rules.reads_all),
    _route("POST", f"{_OAUTH1}/consumers", _NO_OAUTH1, "create_consumer"),
    _route("GET", _CONSUMER, absent("consumer"), "get_consumer", rules.reads_all),
    _route("PATCH", _CONSUMER, _NO_OAUTH1, "update_consumer"),
    _route("DELETE", _CONSUMER, _NO_OAUTH1, "delete_consumer"),
    _route("PUT", f"{_OAUTH1}/authorize/{{request_token_id}}", _NO_OAUTH1, "authorize_request_token"),
    *(
        Route(method="POST", path=f"{_OAUTH1}/{word}", handler=unserved(_DELEGATE), public=True, raw=True)
        for word in ("request_token", "access_token")
    ),
    _route("GET", _GIVEN, none("access_tokens", _user), "list_access_tokens", rules.reads_all),
    _route("GET", _ONE_GIVEN, absent("access_token"), "get_access_token", rules.reads_all),
    _route("DELETE", _ONE_GIVEN, _NO_OAUTH1, "delete_access_token"),
    _route("GET", f"{_ONE_GIVEN}/roles", absent("access_token"), "list_access_token_roles", rules.reads_all),
    _route("GET", f"{_ONE_GIVEN}/roles/{{role_id}}", absent("access_token"), "get_access_token_role", rules.reads_all),
)

PKI = tuple(
    Route(method="GET", path=path, handler=handlers.gone, public=True)
    for path in ("/OS-SIMPLE-CERT/ca", "/OS-SIMPLE-CERT/certificates", "/auth/tokens/OS-PKI/revoked")
)

ROUTES = (*POLICIES, *LIMITS, *CONFIGURATIONS, *OAUTH1, *PKI)
