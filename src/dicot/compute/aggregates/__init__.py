"""Aggregates: hosts with something in common, as a cluster-wide Aggregate and a label on each of its nodes.

| Aggregate | Kubernetes |
|---|---|
| id | label `dicot.io/aggregate-number`, a number out of the UUID |
| uuid | label `dicot.io/aggregate-id`, else `metadata.uid` |
| name, metadata | `spec.name`, `spec.metadata` |
| availability_zone | `spec.metadata.availability_zone`, as in Nova: the zone that every host of it is in |
| hosts | nodes with the label `aggregate.dicot.io/<name of the Aggregate>` |

A node's zone is its label `topology.kubernetes.io/zone`, which whoever made the cluster has written: a host of another
zone is refused. Only a node without that label gets it with its place in an aggregate, and loses it with that place.
"""

from __future__ import annotations

from dicot.api import policy
from dicot.api.route import Handler, Route
from dicot.compute.aggregates import handlers
from dicot.compute.aggregates.changes import HISTORY

_POLICY = "os_compute_api:os-aggregates"
_ALL = "/os-aggregates"
_ONE = "/os-aggregates/{aggregate_id}"


def _route(
    method: str, path: str, handler: Handler, rule: str, *, contract: str = "", view: str = "aggregate",
    key: str = "aggregate", action: str = "", since: str = ""
) -> Route:  # fmt: skip
    return Route(
        method=method,
        path=path,
        handler=handler,
        policy=f"{_POLICY}:{rule}",
        rule=policy.cloud_admin,
        since=since,
        history=HISTORY,
        body=contract if method in ("POST", "PUT") else "",
        query=contract if method == "GET" else "",
        view=view,
        key=key,
        action=action,
    )


def _action(handler: Handler, name: str) -> Route:
    return _route("POST", f"{_ONE}/action", handler, name, contract=name, action=name)


ROUTES = (
    _route("GET", _ALL, handlers.index, "index", contract="index", key="aggregates"),
    _route("POST", _ALL, handlers.create, "create", contract="create"),
    _route("GET", _ONE, handlers.show, "show", contract="show"),
    _route("PUT", _ONE, handlers.update, "update", contract="update"),
    _route("DELETE", _ONE, handlers.delete, "delete", view="", key=""),
    _action(handlers.add_host, "add_host"),
    _action(handlers.remove_host, "remove_host"),
    _action(handlers.set_metadata, "set_metadata"),
    _route("POST", f"{_ONE}/images", handlers.images, "images", contract="images", view="", key="", since="2.81"),
)
