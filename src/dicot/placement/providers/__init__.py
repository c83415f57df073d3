"""Resource providers: nodes, what they have, what of it is taken, and who could have the rest.

The fields stand in the docstring of `dicot.placement`.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.placement.providers import handlers
from dicot.placement.providers.changes import HISTORY

_ONE = "/resource_providers/{provider_uuid}"
_INVENTORY = f"{_ONE}/inventories"


def _get(
    path: str, handler: Handler, rule: str, *, since: str = "", query: str = "", view: str = "", key: str = ""
) -> Route:
    return Route(
        method="GET", path=path, handler=handler, policy=f"placement:{rule}", rule=policy.cloud_admin, since=since,
        history=HISTORY, query=query, view=view, key=key,
    )  # fmt: skip


def _refused(methods: str, path: str, rule: str, since: str = "") -> tuple[Route, ...]:
    return tuple(
        Route(
            method=method, path=path, handler=handlers.refuse, policy=f"placement:{rule}", rule=policy.cloud_admin,
            since=since, raw=True,
        )
        for method in methods.split()
    )  # fmt: skip


ROUTES = (
    Route(method="GET", path="/", handler=handlers.root, public=True, unversioned=True),
    _get("/resource_providers", handlers.index, "resource_providers:list", query="providers", view="provider",
         key="resource_providers"),
    _get(_ONE, handlers.show, "resource_providers:show", view="provider"),
    _get(_INVENTORY, handlers.inventories, "resource_providers:inventories:list"),
    _get(f"{_INVENTORY}/{{class_name}}", handlers.inventory, "resource_providers:inventories:show"),
    _get(f"{_ONE}/usages", handlers.usages, "resource_providers:usages"),
    _get(f"{_ONE}/traits", handlers.traits, "resource_providers:traits:list", since="1.6"),
    _get(f"{_ONE}/aggregates", handlers.aggregates, "resource_providers:aggregates:list", since="1.1",
         view="aggregates"),
    _get(f"{_ONE}/allocations", handlers.allocations, "resource_providers:allocations:list"),
    _get("/allocations/{consumer_uuid}", handlers.consumer, "allocations:list", view="consumer"),
    _get("/allocation_candidates", handlers.candidates, "allocation_candidates:list", since="1.10",
         query="candidates", view="candidate"),
    _get("/usages", handlers.project_usages, "usages", since="1.9", query="usages"),
    _get("/resource_classes", handlers.resource_classes, "resource_classes:list", since="1.2"),
    _get("/resource_classes/{class_name}", handlers.resource_class, "resource_classes:show", since="1.2"),
    _get("/traits", handlers.all_traits, "traits:list", since="1.6"),
    _get("/traits/{trait}", handlers.trait, "traits:show", since="1.6"),
    *_refused("POST", "/resource_providers", "resource_providers:create"),
    *_refused("PUT DELETE", _ONE, "resource_providers:update"),
    *_refused("POST PUT DELETE", _INVENTORY, "resource_providers:inventories:update"),
    *_refused("PUT DELETE", f"{_INVENTORY}/{{class_name}}", "resource_providers:inventories:update"),
    *_refused("PUT DELETE", f"{_ONE}/traits", "resource_providers:traits:update", "1.6"),
    *_refused("PUT", f"{_ONE}/aggregates", "resource_providers:aggregates:update", "1.1"),
    *_refused("PUT DELETE", "/allocations/{consumer_uuid}", "allocations:update"),
    *_refused("POST", "/allocations", "allocations:manage", "1.13"),
    *_refused("POST", "/resource_classes", "resource_classes:create", "1.2"),
    *_refused("PUT DELETE", "/resource_classes/{class_name}", "resource_classes:update", "1.2"),
    *_refused("PUT DELETE", "/traits/{trait}", "traits:update", "1.6"),
    *_refused("POST", "/reshaper", "reshaper:reshape", "1.30"),
)  # fmt: skip
