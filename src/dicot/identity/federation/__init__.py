"""Federation, as far as clients use it to log in: Kubernetes is the one identity provider, bearer tokens its protocol.

| Keystone | Kubernetes |
|---|---|
| identity provider `kubernetes`, protocol `openid` | whatever the API server takes as a bearer token; read-only |
| assertion | `Authorization: Bearer`, asked of TokenReview |
| mapping | none: the person's user name and groups are those of Kubernetes, roles are RoleBindings |
| service provider, SAML, logging in by a web page | none: refused by name |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.absent.handlers import absent, none, refuse, unserved
from dicot.identity.federation import handlers, providers
from dicot.identity.scopes import handlers as scopes


def _route(method: str, path: str, handler: Handler, verb: str, rule: Rule = policy.anyone) -> Route:
    return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule)


def _unserved(method: str, path: str, handler: Handler) -> Route:
    return Route(method=method, path=path, handler=handler, public=True, raw=True)


def _kept(path: str, name: str, noun: str, instead: Handler) -> tuple[Route, ...]:
    """Return the routes of what there is none of."""
    one, verb = f"{path}/{{{name}}}", name.removesuffix("_id")
    return (
        _route("GET", path, none(f"{verb}s"), f"list_{verb}s", rules.reads_all),
        _route("GET", one, absent(noun, name), f"get_{verb}", rules.reads_all),
        *_changes(one, verb, instead),
    )


def _changes(one: str, verb: str, instead: Handler) -> tuple[Route, ...]:
    words = (("PUT", "create"), ("PATCH", "update"), ("DELETE", "delete"))
    return tuple(_route(method, one, instead, f"{word}_{verb}") for method, word in words)


_NO_PROVIDER = refuse("Kubernetes is the one identity provider: tell its API server whom to trust.")
_NO_MAPPING = refuse("Nothing is mapped here: bind roles to the users and groups that Kubernetes knows.")
_NO_OTHER_CLOUD = refuse("People of this cloud are not vouched for to others, which may trust its Kubernetes' tokens.")
_NO_PAGE = unserved(
    "Get a bearer token of Kubernetes, and log in with it at "
    "/v3/OS-FEDERATION/identity_providers/kubernetes/protocols/openid/auth."
)
_NO_SAML = unserved("SAML is not spoken here: log in with a password, an application credential or a bearer token.")
_ROOT = "/OS-FEDERATION"
_PROVIDERS, _PROVIDER = f"{_ROOT}/identity_providers", f"{_ROOT}/identity_providers/{{provider_id}}"
_PROTOCOLS, _PROTOCOL = f"{_PROVIDER}/protocols", f"{_PROVIDER}/protocols/{{protocol_id}}"
_LOGINS = f"/auth{_ROOT}"

ROUTES = (
    Route(method="GET", path=f"{_PROTOCOL}/auth", handler=handlers.login, public=True),
    Route(method="POST", path=f"{_PROTOCOL}/auth", handler=handlers.login, public=True),
    _route("GET", f"{_ROOT}/projects", scopes.list_projects, "get_auth_projects"),
    _route("GET", f"{_ROOT}/domains", scopes.list_domains, "get_auth_domains"),
    _route("GET", _PROVIDERS, providers.index, "list_identity_providers", rules.reads_all),
    _route("GET", _PROVIDER, providers.show, "get_identity_provider", rules.reads_all),
    *_changes(_PROVIDER, "identity_provider", _NO_PROVIDER),
    _route("GET", _PROTOCOLS, providers.protocols, "list_protocols", rules.reads_all),
    _route("GET", _PROTOCOL, providers.protocol, "get_protocol", rules.reads_all),
    *_changes(_PROTOCOL, "protocol", _NO_PROVIDER),
    *_kept(f"{_ROOT}/mappings", "mapping_id", "mapping", _NO_MAPPING),
    *_kept(f"{_ROOT}/service_providers", "service_provider_id", "Service Provider", _NO_OTHER_CLOUD),
    _unserved("GET", f"{_ROOT}/saml2/metadata", _NO_SAML),
    _unserved("POST", f"{_LOGINS}/saml2", _NO_SAML),
    _unserved("POST", f"{_LOGINS}/saml2/ecp", _NO_SAML),
    *(
        _unserved(method, path, _NO_PAGE)
        for path in (f"{_LOGINS}/websso/{{protocol_id}}", f"/auth{_PROTOCOL}/websso")
        for method in ("GET", "POST")
    ),
)
