"""Routers: the custom resource Router; an interface is a Port with the router as its device.

| Router | `network.dicot.io/v1alpha1` Router |
|---|---|
| id | label `dicot.io/router-id`, else `metadata.uid` |
| name, description, tags, admin_state_up | `spec.name`, `spec.description`, `spec.tags`, `spec.adminStateUp` |
| external_gateway_info | `spec.externalGatewayInfo{networkId,enableSnat,externalFixedIps[]}` |
| routes | `spec.routes[]{destination,nexthop}` |
| interfaces | Ports with `spec.deviceOwner: network:router_interface` |
"""

from __future__ import annotations

from dicot.api.route import Route
from dicot.network.resources import ROUTER
from dicot.network.routers import handlers, routes
from dicot.network.routing import crud

_ONE = f"{ROUTER.path}/{{id}}"

ROUTES = (
    *crud(
        ROUTER,
        index=handlers.index,
        show=handlers.show,
        create=handlers.create,
        update=handlers.update,
        delete=handlers.delete,
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/add_router_interface",
        handler=handlers.add_router_interface,
        policy="add_router_interface",
    ),
    Route(
        method="PUT",
        path=f"{_ONE}/remove_router_interface",
        handler=handlers.remove_router_interface,
        policy="remove_router_interface",
    ),
    Route(method="PUT", path=f"{_ONE}/add_extraroutes", handler=routes.add_extraroutes, policy="add_extraroutes"),
    Route(
        method="PUT", path=f"{_ONE}/remove_extraroutes", handler=routes.remove_extraroutes, policy="remove_extraroutes"
    ),
)
