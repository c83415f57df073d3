"""The routes that every resource has, as data made from its name. No handler lives here."""

from __future__ import annotations

from dicot.api.route import Handler, Route
from dicot.network.resources import Resource


def crud(
    resource: Resource, *, index: Handler, show: Handler, create: Handler, update: Handler, delete: Handler
) -> tuple[Route, ...]:
    """Return the five routes of a resource."""
    name, path = resource.name, resource.path
    return (
        Route(method="GET", path=path, handler=index, policy=f"get_{name}"),
        Route(method="POST", path=path, handler=create, policy=f"create_{name}"),
        Route(method="GET", path=f"{path}/{{id}}", handler=show, policy=f"get_{name}"),
        Route(method="PUT", path=f"{path}/{{id}}", handler=update, policy=f"update_{name}"),
        Route(method="DELETE", path=f"{path}/{{id}}", handler=delete, policy=f"delete_{name}"),
    )
