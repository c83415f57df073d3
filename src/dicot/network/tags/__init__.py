"""Tags of every resource: `spec.tags` of its custom resource. Nothing else is theirs."""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.resources import ALL
from dicot.network.tags import handlers

_TAG = "{tag}"

ROUTES = tuple(
    Route(method=method, path=f"{one.path}/{{id}}/tags{tail}", handler=make(one), policy=f"{verb}_{one.name}:tags")
    for one in ALL
    for method, tail, verb, make in (
        ("GET", "", "get", handlers.index),
        ("PUT", "", "update", handlers.replace),
        ("POST", "", "create", handlers.create),
        ("DELETE", "", "delete", handlers.clear),
        ("GET", f"/{_TAG}", "get", handlers.show),
        ("PUT", f"/{_TAG}", "update", handlers.add),
        ("DELETE", f"/{_TAG}", "delete", handlers.remove),
    )
)
