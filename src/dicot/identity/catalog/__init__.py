"""The catalog: services, endpoints and regions, read-only views of what this process serves.

| Object | Where |
|---|---|
| service | one for each service of the application that has a place in the catalog |
| endpoint | three for each service: admin, internal, public, all with one URL, spelt as the client spelt the host |
| region | the `region` of the configuration |
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.policy import Rule
from dicot.api.route import Handler, Route
from dicot.identity import rules
from dicot.identity.catalog import handlers


def _routes(noun: str, index: Handler, show: Handler, rule: Rule) -> tuple[Route, ...]:
    many, one = f"/{noun}s", f"/{noun}s/{{{noun}_id}}"

    def route(method: str, path: str, handler: Handler, verb: str, rule: Rule) -> Route:
        return Route(method=method, path=path, handler=handler, policy=f"identity:{verb}", rule=rule)

    return (
        route("GET", many, index, f"list_{noun}s", rule),
        route("GET", one, show, f"get_{noun}", rule),
        route("POST", many, handlers.refuse, f"create_{noun}", policy.anyone),
        route("PUT", one, handlers.refuse, f"create_{noun}", policy.anyone),
        route("PATCH", one, handlers.refuse, f"update_{noun}", policy.anyone),
        route("DELETE", one, handlers.refuse, f"delete_{noun}", policy.anyone),
    )


ROUTES = (
    *_routes("service", handlers.services, handlers.service, rules.reads_all),
    *_routes("endpoint", handlers.endpoints, handlers.endpoint, rules.reads_all),
    *_routes("region", handlers.regions, handlers.region, policy.anyone),
)
